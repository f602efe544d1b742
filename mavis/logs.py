"""How log lines look: `name=value` pairs, which people can read and machines can split."""

import logging
import traceback
from datetime import UTC, datetime


class PairsFormatter(logging.Formatter):
    """Writes `time=… level=… logger=… message="…"` and, for an exception, its kind and place.

    With `tells_messages` the whole traceback follows. Without, nothing that an exception says is
    written: a database's complaint quotes the row that it refused.
    """

    def __init__(self, *, tells_messages: bool) -> None:
        super().__init__()
        self.tells_messages = tells_messages

    def format(self, record: logging.LogRecord) -> str:
        pairs = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
        }
        if record.exc_info and record.exc_info[1]:
            pairs |= _kind_and_place(record.exc_info[1])
        line = " ".join(f"{name}={_value(text)}" for name, text in pairs.items())
        if record.exc_info and self.tells_messages:
            return f"{line}\n{self.formatException(record.exc_info)}"
        return line

    def _message(self, record: logging.LogRecord) -> str:
        # Celery puts the exception's own words into the message of a failed task.
        task = getattr(record, "data", None)
        if record.name == "celery.app.trace" and isinstance(task, dict) and not self.tells_messages:
            return f"Task {task.get('name')}[{task.get('id')}] {task.get('description', 'ended')}"
        return record.getMessage()


def _kind_and_place(error: BaseException) -> dict[str, str]:
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-6:]))
    return {"error": f"{type(error).__module__}.{type(error).__qualname__}", "at": place}


def _value(text: str) -> str:
    if text and not any(sign in text for sign in ' "=\n'):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
