"""Consent: requests to parents, their responses, and the consent pages of a session."""
