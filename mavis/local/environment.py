"""The variables that the processes of a command are started with."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping

from django.core.exceptions import ImproperlyConfigured

from mavis.local.console import Refusal
from mavis.local.workplace import LOCAL

# Where a local run writes down how to reach its servers, for as long as it runs.
ADDRESSES = LOCAL / "run.json"
SHARED = ("DATABASE_URL", "REDIS_URL", "NOTIFY_BASE_URL", "NOTIFY_CALLBACK_TOKENS", "SITE_URL")


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


@contextlib.contextmanager
def shared_with_commands(environment: Mapping[str, str]) -> Iterator[None]:
    """Let `manage.py` reach the servers of this run while it lasts."""
    ADDRESSES.write_text(json.dumps({name: environment.get(name, "") for name in SHARED}))
    try:
        yield
    finally:
        ADDRESSES.unlink(missing_ok=True)


def join_local_run() -> None:
    """Take the addresses of this folder's local run, if there is one, unless others are set."""
    if os.environ.get("ENVIRONMENT") == "production" or not ADDRESSES.is_file():
        return
    for name, value in json.loads(ADDRESSES.read_text()).items():
        os.environ.setdefault(name, value)
