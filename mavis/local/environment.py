"""The variables that the processes of a command are started with."""

import os

from django.core.exceptions import ImproperlyConfigured

from mavis.local.console import Refusal


def read_settings() -> set[str]:
    """Take the variables of `.env` into the environment; answers the names of all settings.

    Refuses with what is wrong with one of them, and in production.
    """
    try:
        from mavis.settings import base
    except ImproperlyConfigured as refusal:
        raise Refusal(str(refusal)) from refusal
    if not base.IS_LOCAL:
        raise Refusal("ENVIRONMENT is production, and this command is for a local run only.")
    return base.env.asked


def without_own_settings() -> dict[str, str]:
    """The environment with every setting as if nobody had set it: no `.env` changes a test."""
    return {**os.environ, **dict.fromkeys(read_settings(), "")}
