"""The project: settings, root URLs, the Celery app, the local stack and the home page.

It knows every app and no app knows it.
"""
