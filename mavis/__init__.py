"""The project: settings, root URLs, the Celery app, the local stack and the home page.

It knows every app and no app knows it.
"""

# Shared tasks bind to the current Celery application, so it exists as soon as Django does.
from mavis.celery import app as celery_app

__all__ = ["celery_app"]
