from django.apps import AppConfig


class MavisConfig(AppConfig):
    name = "mavis"
