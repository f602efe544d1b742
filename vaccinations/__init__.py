"""Vaccination records, and the upload of vaccination history."""
