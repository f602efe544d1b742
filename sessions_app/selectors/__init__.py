"""Reads for the pages about sessions."""
