"""Reads for the consent pages of a session."""
