"""Consent: requests to parents, the form they answer online, their responses, triage and Gillick
assessments, and the consent pages of a session. Statuses are decided in `status_rules`;
vaccinations are not known here.
"""
