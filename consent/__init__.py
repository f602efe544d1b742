"""Consent: requests to parents, the form they answer online, their responses, and the consent pages
of a session.
"""
