from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class AccountsConfig(AppConfig):
    name = "accounts"


class OperatorsAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site as the default one; `INSTALLED_APPS` names it."""

    default = False
    default_site = "accounts.admin_site.OperatorsSite"
