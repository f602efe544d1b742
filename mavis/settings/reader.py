"""Reads settings from the environment and refuses what it cannot understand, in one sentence."""

import io
import os
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = {"true", "yes", "on", "1"}
FALSE = {"false", "no", "off", "0"}
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# NAME=value, or `export NAME=value`.
ASSIGNMENT = re.compile(r"(?:export\s+)?[A-Za-z_]\w*\s*=.*")


class Reader(environ.Env):
    """django-environ, stricter: an empty variable counts as missing, and nothing is guessed.

    A refusal names the variable and never its value, which may be a secret. `asked` holds every
    name that was ever read.
    """

    asked: set[str]

    def __init__(self, **scheme: Any) -> None:
        super().__init__(**scheme)
        self.asked = set()

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **options):
        self.asked.add(var)
        if not os.environ.get(var, "").strip():
            if default is self.NOTSET:
                raise ImproperlyConfigured(f"{var} must be set: .env.example says what it is.")
            return default
        return super().get_value(var, cast=cast, default=default, **options)

    def _read(self, var: str, default: Any, understand: Callable[[str], Any], must: str) -> Any:
        value = self.get_value(var, cast=str, default=default)
        if value is default:
            return default
        try:
            return understand(value.strip())
        except (ValueError, KeyError) as error:
            raise ImproperlyConfigured(f"{var} must be {must}.") from error

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> bool:
        words = dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False)
        return self._read(var, default, lambda value: words[value.lower()], "true or false")

    def int(self, var: str, default: Any = environ.Env.NOTSET) -> int:
        """A whole number, zero or more."""

        def understand(value: str) -> int:
            if not re.fullmatch(r"[0-9]+", value):
                raise ValueError
            return int(value)

        return self._read(var, default, understand, "a whole number")

    def float(self, var: str, default: Any = environ.Env.NOTSET) -> float:
        """A number, zero or more, with or without decimals."""

        def understand(value: str) -> float:
            if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
                raise ValueError
            return float(value)

        return self._read(var, default, understand, "a number")

    def list(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET) -> list[str]:
        """Words between commas."""

        def understand(value: str) -> list[str]:
            return [word.strip() for word in value.split(",") if word.strip()]

        return self._read(var, default, understand, "words with commas between them")

    def day(self, var: str, default: date | None = None) -> date | None:
        """A date written as 2027-01-12."""
        return self._read(var, default, date.fromisoformat, "a date like 2027-01-12")

    def instant(self, var: str, default: datetime | None = None) -> datetime | None:
        """An instant written as 2027-01-12T09:30:00+00:00."""

        def understand(value: str) -> datetime:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError
            return moment

        return self._read(var, default, understand, "an instant like 2027-01-12T09:30:00+00:00")

    def one_of(self, var: str, choices: tuple[str, ...], default: str) -> str:
        def understand(value: str) -> str:
            return choices[choices.index(value)]

        *others, last = choices
        return self._read(var, default, understand, f"{', '.join(others)} or {last}")

    def address(self, var: str, default: Any = environ.Env.NOTSET) -> str:
        """A web address without a final slash."""

        def understand(value: str) -> str:
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError
            return value.rstrip("/")

        return self._read(var, default, understand, "a web address that begins with https://")

    def postgresql(self, var: str, default: Any = environ.Env.NOTSET) -> dict[str, Any]:
        """Django's settings of the database at a `postgresql://` address."""

        def understand(value: str) -> dict[str, Any]:
            if urlsplit(value).scheme not in ("postgresql", "postgres"):
                raise ValueError
            return self.db_url_config(value)

        must = "an address like postgresql://user:password@host:5432/database"
        found = self._read(var, default, understand, must)
        return understand(found) if isinstance(found, str) else found

    def redis(self, var: str, default: Any = environ.Env.NOTSET) -> str:
        """The address of a Redis database."""

        def understand(value: str) -> str:
            parts = urlsplit(value)
            if parts.scheme not in ("redis", "rediss") or not parts.hostname or not parts.port:
                raise ValueError
            return value

        return self._read(var, default, understand, "an address like redis://host:6379/0")


def read_file(env: Reader, file: Path) -> None:
    """Take the variables of a `.env` file that the environment does not have already."""
    if not file.is_file():
        return
    try:
        # Windows editors put a mark before UTF-8, which is no part of the first name.
        content = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{file.name} is not in UTF-8: save it as UTF-8.") from None
    except OSError as error:
        raise ImproperlyConfigured(f"{file.name} cannot be read: {error.strerror}.") from None
    if "\0" in content:
        raise ImproperlyConfigured(f"{file.name} is not in UTF-8: save it as UTF-8.")
    for number, line in enumerate(content.splitlines(), 1):
        text = line.strip()
        if text and not text.startswith("#") and not ASSIGNMENT.fullmatch(text):
            raise ImproperlyConfigured(f"Line {number} of {file.name} must be like NAME=value.")
    env.read_env(io.StringIO(content))
