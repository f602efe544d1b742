"""Vaccination sessions: dates, the children in them, scheduling, closing, the clinic cohort,
invitations to community clinics and each child's stored status per programme.
"""
