"""Whether a well-formed request is accepted, and the message it becomes.

The order of the checks is the service's own; the first failure wins. Source: Notify §3.2.
"""

import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

from notifications.sandbox import emails, placeholders, recipients, texts
from notifications.sandbox.checks import RECIPIENT_FIELD, SENDER_FIELD, SendRequest
from notifications.sandbox.config import ApiKey, Sender, Service
from notifications.sandbox.errors import (
    TEAM_KEY_ONLY,
    TRIAL_MODE,
    Refusal,
    bad_request,
    server_error,
)
from notifications.sandbox.templates import Template, Templates

FROM_DOMAIN = "notifications.service.gov.uk"
DEFAULT_FROM_NUMBER = "GOVUK"
CHANNEL_NAMES = {"email": "emails", "sms": "text messages"}


@dataclass(frozen=True)
class Rendered:
    """A template filled in. `sent_text` is what arrives, `body` what the API shows."""

    subject: str | None
    body: str
    sent_text: str
    fragments: int | None
    sanitised: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Accepted:
    """A message that passed every check, ready to be stored and answered."""

    id: str
    request: SendRequest
    template: Template
    rendered: Rendered
    sender: str
    reply_to: str | None


def examine(
    request: SendRequest, *, service: Service, key: ApiKey, templates: Templates
) -> Accepted:
    """Checks 6 to 17 of the contract but for the daily limit; a Refusal if one fails."""
    if request.channel not in service.permissions:
        raise bad_request(f"Service is not allowed to send {CHANNEL_NAMES[request.channel]}")
    template = find_template(request, service, templates)
    rendered = render(
        template,
        request.personalisation,
        prefix=service.name if service.prefix_sms else "",
        sanitise_content_for=request.sanitise_content_for,
    )
    if is_empty(template, rendered):
        raise bad_request("Your message is empty.")
    holds_file = any(
        isinstance(value, dict) and "file" in value for value in request.personalisation.values()
    )
    if holds_file and request.channel == "sms":
        raise bad_request("Can only send a file by email")
    sender = choose_sender(request, service)
    check_allowed(request, service, key)
    check_phone(request, service)
    if holds_file:
        raise bad_request(
            "Send files by email has not been set up - add contact details for your service at "
            f"https://www.notifications.service.gov.uk/services/{service.id}"
            "/service-settings/send-files-by-email"
        )
    check_length(template, rendered)
    if "\0" in (request.reference or ""):
        raise server_error("ValueError")
    is_email = request.channel == "email"
    return Accepted(
        id=str(uuid.uuid4()),
        request=request,
        template=template,
        rendered=rendered,
        sender=f"{service.email_from}@{FROM_DOMAIN}" if is_email else sender or DEFAULT_FROM_NUMBER,
        reply_to=sender if is_email else None,
    )


def find_template(request: SendRequest, service: Service, templates: Templates) -> Template:
    template = templates.get(service.id, request.template_id)
    if not template:
        raise bad_request("Template not found")
    if template.channel != request.channel:
        raise bad_request(
            f"{template.channel} template is not suitable for {request.channel} notification"
        )
    if template.archived:
        raise bad_request("Template has been deleted")
    check_personalisation(template, request.personalisation)
    return template


def check_personalisation(template: Template, values: dict[str, Any]) -> None:
    missing = placeholders.missing_from(values, template.subject, template.body)
    if missing:
        raise bad_request(f"Missing personalisation: {', '.join(missing)}")


def render(
    template: Template,
    values: dict[str, Any],
    *,
    prefix: str = "",
    sanitise_content_for: list[str] | None = None,
) -> Rendered:
    """The template filled in, as an email or as a text message."""
    if template.channel == "sms":
        filled = placeholders.fill(template.body, values)
        sent_text = texts.normalise(filled, prefix=prefix)
        return Rendered(
            subject=None,
            body=texts.normalise(filled),
            sent_text=sent_text,
            fragments=texts.fragment_count(sent_text),
            sanitised={},
        )
    values, sanitised = placeholders.sanitise(values, sanitise_content_for)
    body = placeholders.fill(template.body, values, as_bullets=True)
    return Rendered(
        subject=emails.subject_line(placeholders.fill(template.subject, values)),
        body=body,
        sent_text=body,
        fragments=None,
        sanitised=sanitised,
    )


def is_empty(template: Template, rendered: Rendered) -> bool:
    """An email counts as empty only if nothing but placeholders stands in its template."""
    if rendered.body.strip():
        return False
    return template.channel == "sms" or bool(placeholders.names_in(template.body))


def choose_sender(request: SendRequest, service: Service) -> str | None:
    """The reply-to address or text sender asked for, else the service's default."""
    senders = service.reply_to if request.channel == "email" else service.sms_senders
    if request.sender_id is None:
        return next((sender.value for sender in senders if sender.default), None)
    chosen: Sender | None = next((each for each in senders if each.id == request.sender_id), None)
    if not chosen:
        raise bad_request(
            f"{SENDER_FIELD[request.channel]} {request.sender_id} does not exist in database "
            f"for service id {service.id}"
        )
    return chosen.value


def check_allowed(request: SendRequest, service: Service, key: ApiKey) -> None:
    """Team keys reach the team and its guests, a service in trial mode its team."""
    allowed = service.team_members + (service.guest_list if key.type == "team" else [])
    reaches_all = key.type == "test" or (key.type == "normal" and not service.restricted)
    if reaches_all or recipients.is_among(request.recipient, request.channel, allowed):
        return
    raise bad_request(TEAM_KEY_ONLY if key.type == "team" else TRIAL_MODE)


def check_phone(request: SendRequest, service: Service) -> None:
    if request.recipient.is_landline and "sms_to_uk_landlines" not in service.permissions:
        raise Refusal(400, "InvalidPhoneError", "Not a UK mobile number")
    if request.recipient.is_international and "international_sms" not in service.permissions:
        raise bad_request("Cannot send to international mobile numbers")


def check_length(template: Template, rendered: Rendered) -> None:
    if template.channel == "sms" and len(rendered.body) > texts.LIMIT:
        raise bad_request(
            "Your message is too long. Text messages cannot be longer than "
            f"{texts.LIMIT} characters. Your message is {len(rendered.body)} characters long."
        )
    size = len(rendered.body.encode())
    if template.channel == "email" and size > emails.BYTE_LIMIT:
        raise bad_request(
            f"Your message is too long. Emails cannot be longer than {emails.BYTE_LIMIT} bytes. "
            f"Your message is {size} bytes."
        )


def message_row(
    accepted: Accepted, *, service: Service, key: ApiKey, effect: str | None, now: int
) -> dict[str, Any]:
    """The message as the store keeps it."""
    request, rendered = accepted.request, accepted.rendered
    content = f"{request.channel}\n{rendered.subject}\n{rendered.sent_text}"
    return {
        "id": accepted.id,
        "service_id": service.id,
        "key_type": key.type,
        "channel": request.channel,
        "reference": request.reference,
        "recipient": request.recipient.typed,
        "normalised": request.recipient.normalised,
        "template_id": accepted.template.id,
        "template_version": accepted.template.version,
        "subject": rendered.subject,
        "body": rendered.body,
        "sent_text": rendered.sent_text,
        "content_hash": hashlib.sha256(content.encode()).hexdigest(),
        "fragments": rendered.fragments,
        "rate_multiplier": _rate_multiplier(request),
        "sender": accepted.sender,
        "reply_to": accepted.reply_to,
        "unsubscribe_url": request.unsubscribe_url,
        "raw_request": json.dumps(_raw(request), ensure_ascii=False),
        "effect": effect,
        "status": "created",
        "created_at": now,
        "sent_at": None,
        "updated_at": None,
    }


def _rate_multiplier(request: SendRequest) -> int | None:
    if request.channel == "email":
        return None
    return 2 if request.recipient.is_crown_dependency or request.recipient.is_international else 1


def _raw(request: SendRequest) -> dict[str, Any]:
    given = {
        RECIPIENT_FIELD[request.channel]: request.recipient.typed,
        "template_id": request.template_id,
        "personalisation": request.personalisation,
        "reference": request.reference,
        SENDER_FIELD[request.channel]: request.sender_id,
        "one_click_unsubscribe_url": request.unsubscribe_url,
        "sanitise_content_for": request.sanitise_content_for,
    }
    return {name: value for name, value in given.items() if value is not None}
