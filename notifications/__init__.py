"""Delivery: message templates, the outbox, GOV.UK Notify, delivery receipts, the sandbox.

It delivers what other apps queue. Whether a message may still go is asked of the app that
queued it, through the guard that the app registered.
"""
