"""What a request may hold: every violation is reported, in the schema's order and words.

Source: Notify §3.1, §3.4 and §4.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from notifications.sandbox import recipients
from notifications.sandbox.errors import bad_request, invalid
from notifications.sandbox.recipients import Recipient

STORED_STATUSES = (
    "cancelled",
    "created",
    "sending",
    "sent",
    "delivered",
    "pending",
    "failed",
    "technical-failure",
    "temporary-failure",
    "permanent-failure",
    "pending-virus-check",
    "validation-failed",
    "virus-scan-failed",
    "returned-letter",
)
STATUS_FILTERS = (*STORED_STATUSES, "accepted", "received")
FAILED = (
    "technical-failure",
    "temporary-failure",
    "permanent-failure",
    "validation-failed",
    "virus-scan-failed",
    "returned-letter",
)
TEMPLATE_TYPES = ("sms", "email", "letter")
LONGEST_REFERENCE = 1000
NOT_A_UUID = "is not a valid UUID"

# Checks one value at an instant; gives what is wrong with it, without the name of the property.
Check = Callable[[Any, datetime], str | None]


@dataclass(frozen=True)
class SendRequest:
    """A well-formed request to send one message."""

    channel: str
    recipient: Recipient
    template_id: str
    personalisation: dict[str, Any]
    reference: str | None
    sender_id: str | None
    unsubscribe_url: str | None
    sanitise_content_for: list[str] | None


def read_json(body: bytes) -> Any:
    """The body as JSON whatever its content type; a Refusal if it is none."""
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise bad_request("Invalid JSON supplied in POST data") from error


def shown(value: Any) -> str:
    """A value as it stands in an error message."""
    return repr(value).replace("'", "")


def _is_string(value: Any) -> str | None:
    return None if isinstance(value, str) else f"{shown(value)} is not of type string"


def _is_uuid(value: Any, now: datetime) -> str | None:
    return None if is_uuid(value) else NOT_A_UUID


def is_uuid(value: Any) -> bool:
    try:
        uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        return False
    return True


def _is_reference(value: Any, now: datetime) -> str | None:
    if isinstance(value, str) and len(value) > LONGEST_REFERENCE:
        return f"{shown(value)} is too long"
    return _is_string(value)


def _is_recipient(channel: str) -> Check:
    def check(value: Any, now: datetime) -> str | None:
        if not isinstance(value, str):
            return _is_string(value)
        try:
            recipients.read(channel, value)
        except recipients.NotARecipient as error:
            return str(error)
        return None

    return check


def _is_object(value: Any, now: datetime) -> str | None:
    return None if isinstance(value, dict) else f"{shown(value)} is not of type object"


def _is_https_url(value: Any, now: datetime) -> str | None:
    try:
        is_valid = value.startswith("https") and urlsplit(value).scheme == "https"
        is_valid = is_valid and bool(urlsplit(value).netloc) and not set(value) & set(' <>"{}|\\^`')
    except (AttributeError, ValueError):
        is_valid = False
    return None if is_valid else "is not a valid https url"


def _is_names_or_null(value: Any, now: datetime) -> str | None:
    if value is None:
        return None
    if not isinstance(value, list):
        return f"{shown(value)} is not of type array, null"
    return next((wrong for item in value if (wrong := _is_string(item))), None)


def _is_soon(value: Any, now: datetime) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        return f"{shown(value)} is not of type string, null"
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return (
            "datetime format is invalid. It must be a valid ISO8601 date time format, "
            "https://en.wikipedia.org/wiki/ISO_8601"
        )
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment < now:
        return "datetime can not be in the past"
    if moment > now + timedelta(hours=24):
        return "datetime can only be 24 hours in the future"
    return None


RECIPIENT_FIELD = {"email": "email_address", "sms": "phone_number"}
SENDER_FIELD = {"email": "email_reply_to_id", "sms": "sms_sender_id"}
SCHEMAS: dict[str, dict[str, Check]] = {
    channel: {
        "reference": _is_reference,
        RECIPIENT_FIELD[channel]: _is_recipient(channel),
        "template_id": _is_uuid,
        "personalisation": _is_object,
        "scheduled_for": _is_soon,
        SENDER_FIELD[channel]: _is_uuid,
    }
    for channel in ("email", "sms")
}
SCHEMAS["email"]["one_click_unsubscribe_url"] = _is_https_url
SCHEMAS["email"]["sanitise_content_for"] = _is_names_or_null


def read_send_request(channel: str, document: Any, now: datetime) -> SendRequest:
    """The request to send, or a Refusal that names every violation."""
    document = {} if document is None else document
    required = [RECIPIENT_FIELD[channel], "template_id"]
    _check(document, SCHEMAS[channel], required, now)
    sender_id = document.get(SENDER_FIELD[channel])
    return SendRequest(
        channel=channel,
        recipient=recipients.read(channel, document[RECIPIENT_FIELD[channel]]),
        template_id=canonical(document["template_id"]),
        personalisation=document.get("personalisation", {}),
        reference=document.get("reference"),
        sender_id=canonical(sender_id) if sender_id else None,
        unsubscribe_url=document.get("one_click_unsubscribe_url"),
        sanitise_content_for=document.get("sanitise_content_for"),
    )


def read_preview_request(document: Any, now: datetime) -> dict[str, Any]:
    """The values to render a template with."""
    document = {} if document is None else document
    _check(document, {"personalisation": _is_object}, [], now)
    return document.get("personalisation", {})


def _check(
    document: Any, schema: Mapping[str, Check], required: Sequence[str], now: datetime
) -> None:
    if not isinstance(document, dict):
        raise invalid(f"{shown(document)} is not of type object")
    found = [
        f"{name} {wrong}"
        for name, check in schema.items()
        if name in document and (wrong := check(document[name], now))
    ]
    found += [f"{name} is a required property" for name in required if name not in document]
    found += _unexpected(document, schema)
    if found:
        raise invalid(*found)


def _unexpected(given: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    extra = sorted(set(given) - set(known))
    if not extra:
        return []
    verb = "was" if len(extra) == 1 else "were"
    return [f"Additional properties are not allowed ({', '.join(extra)} {verb} unexpected)"]


def canonical(text: str) -> str:
    return str(uuid.UUID(text))


def read_id(value: str, name: str = "id") -> str:
    """A UUID of the address, or a Refusal that calls it `name`."""
    if not is_uuid(value):
        raise invalid(f"{name} {NOT_A_UUID}")
    return canonical(value)


def read_version(value: str) -> int:
    """A template's version, of the address."""
    if int(value) < 1:
        raise invalid(f"version {int(value)} is less than the minimum of 1")
    return int(value)


@dataclass(frozen=True)
class ListFilters:
    reference: str | None
    statuses: tuple[str, ...]
    channels: tuple[str, ...]
    older_than: str | None


def read_list_filters(query: Mapping[str, list[str]]) -> ListFilters:
    """The filters of a list of messages; of a repeated one the first counts where one may be."""
    found = [
        f"status {value} is not one of [{', '.join(STATUS_FILTERS)}]"
        for value in query.get("status", [])
        if value not in STATUS_FILTERS
    ]
    found += [
        f"template_type {value} is not one of [{', '.join(TEMPLATE_TYPES)}]"
        for value in query.get("template_type", [])
        if value not in TEMPLATE_TYPES
    ]
    include_jobs = _first(query, "include_jobs")
    if include_jobs not in (None, "true", "True"):
        found.append(f"include_jobs {include_jobs} is not one of [true, True]")
    older_than = _first(query, "older_than")
    if older_than is not None and not is_uuid(older_than):
        found.append(f"older_than {NOT_A_UUID}")
    known = ("reference", "status", "template_type", "include_jobs", "older_than")
    found += _unexpected(query, dict.fromkeys(known))
    if found:
        raise invalid(*found)
    statuses: list[str] = []
    for value in query.get("status", []):
        statuses += FAILED if value == "failed" else [value]
    return ListFilters(
        reference=_first(query, "reference"),
        statuses=tuple(statuses),
        channels=tuple(query.get("template_type", [])),
        older_than=canonical(older_than) if older_than is not None else None,
    )


def read_older_than(query: Mapping[str, list[str]]) -> str | None:
    """The only filter of the list of received texts."""
    if found := _unexpected(query, {"older_than": None}):
        raise invalid(*found)
    older_than = _first(query, "older_than")
    return None if older_than is None else read_id(older_than, "older_than")


def read_template_type(query: Mapping[str, list[str]]) -> str | None:
    wanted = _first(query, "type")
    if wanted is not None and wanted not in TEMPLATE_TYPES:
        raise invalid(f"type {wanted} is not one of [{', '.join(TEMPLATE_TYPES)}]")
    return wanted


def _first(query: Mapping[str, list[str]], name: str) -> str | None:
    return next(iter(query.get(name, [])), None)
