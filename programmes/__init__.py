"""Vaccination programmes, their year groups and vaccines, and who runs which programme."""
