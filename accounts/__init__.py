"""Organisations, teams, users, sign-in, roles, and the log of who looked at which child.

It knows children only by their ids, so that it can stand below `cohorts`.
"""
