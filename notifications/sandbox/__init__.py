"""The Notify sandbox: GOV.UK Notify's contract as a local process, where nothing is sent.

It stands in for Notify in a local run and in tests: the same authentication, checks, errors,
limits, life cycle and delivery receipts, with an inbox to read messages in and faults to order. It
is written from the contract alone (Notify §2–§10 and §14) and shares no code with our client, so
that a mistake in one shows against the other. It imports neither Django nor an app of Mavis.
"""
