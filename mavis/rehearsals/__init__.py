"""Rehearsals of disaster: real processes, faults on purpose, and a count of what came of it.

Everything runs on servers of its own, on this machine's loopback, against the Notify sandbox.
Nothing here is used in production. Source: design §4, lessons §2.
"""
