"""The forms of the consent pages."""
