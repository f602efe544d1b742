from django.apps import AppConfig

# Loaded with the apps, so that web processes too know the broker that jobs are sent to.
from mavis import celery as celery


class MavisConfig(AppConfig):
    name = "mavis"
