"""How log lines look: `name=value` pairs for people, JSON for machines, with the same contents.

Lines carry ids only. Outside a local run nothing that an exception says is written, since a
database's complaint quotes the row that it refused, nor an address that somebody typed and that
leads nowhere.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from http import HTTPStatus

from django.core.exceptions import PermissionDenied

# What gunicorn tells of a request, and what it is called in a line.
ACCESS = {"m": "method", "U": "path", "s": "status", "B": "bytes", "M": "milliseconds"}
NUMBERS = ("status", "bytes", "milliseconds")
NOWHERE = "(nowhere)"


class LineFormatter(logging.Formatter):
    """What a line holds: time, level, logger and message, and an exception's kind and place.

    With `tells_messages` the words of exceptions are told too, with the whole traceback.
    """

    def __init__(self, *, tells_messages: bool) -> None:
        super().__init__()
        self.tells_messages = tells_messages

    def fields(self, record: logging.LogRecord) -> dict[str, str | int]:
        """The line's contents, in the order in which they are written."""
        fields: dict[str, str | int] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name == "gunicorn.access" and isinstance(record.args, dict):
            return fields | self._access(record.args)
        fields["message"] = self._message(record)
        if error := _fault(record):
            fields |= _kind_and_place(error)
        return fields

    def _access(self, told: dict) -> dict[str, str | int]:
        fields = {name: str(told.get(sign, "")) for sign, name in ACCESS.items()}
        if fields["status"] == str(HTTPStatus.NOT_FOUND.value) and not self.tells_messages:
            fields["path"] = NOWHERE
        return {
            name: int(value) if name in NUMBERS and value.isdigit() else value
            for name, value in fields.items()
        }

    def _message(self, record: logging.LogRecord) -> str:
        if self.tells_messages:
            return record.getMessage()
        # Celery puts the exception's own words into the message of a failed task.
        task = getattr(record, "data", None)
        if record.name == "celery.app.trace" and isinstance(task, dict):
            return f"Task {task.get('name')}[{task.get('id')}] {task.get('description', 'ended')}"
        request = getattr(record, "request", None)
        if record.name == "django.request" and not getattr(request, "resolver_match", None):
            return f"{HTTPStatus(getattr(record, 'status_code', 404)).phrase}: {NOWHERE}"
        if isinstance(record.args, tuple) and any(
            isinstance(each, BaseException) for each in record.args
        ):
            kinds = tuple(
                type(each).__name__ if isinstance(each, BaseException) else each
                for each in record.args
            )
            return str(record.msg) % kinds
        return record.getMessage()


class PairsFormatter(LineFormatter):
    """Writes `time=… level=… logger=… message="…"`."""

    def format(self, record: logging.LogRecord) -> str:
        pairs = (f"{name}={_value(str(value))}" for name, value in self.fields(record).items())
        line = " ".join(pairs)
        if record.exc_info and _fault(record) and self.tells_messages:
            return f"{line}\n{self.formatException(record.exc_info)}"
        return line


class JsonFormatter(LineFormatter):
    """Writes one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        fields = self.fields(record)
        if record.exc_info and _fault(record) and self.tells_messages:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


def _fault(record: logging.LogRecord) -> BaseException | None:
    """The exception that a line is about; refusing a page to somebody is no fault of ours."""
    error = record.exc_info[1] if record.exc_info else None
    return None if isinstance(error, PermissionDenied) else error


def _kind_and_place(error: BaseException) -> dict[str, str]:
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-6:]))
    return {"error": f"{type(error).__module__}.{type(error).__qualname__}", "at": place}


def _value(text: str) -> str:
    if text and not any(sign in text for sign in ' "=\n'):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
