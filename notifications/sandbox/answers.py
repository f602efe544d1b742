"""The bodies of answers, as Notify shapes them. Source: Notify §3.3, §3.4, §6 and §9."""

from typing import Any
from urllib.parse import urlencode

from notifications.sandbox import emails
from notifications.sandbox.acceptance import Accepted, Rendered
from notifications.sandbox.clock import iso
from notifications.sandbox.placeholders import names_in
from notifications.sandbox.store import Row
from notifications.sandbox.templates import Template

COMPLETED = (
    "delivered",
    "temporary-failure",
    "permanent-failure",
    "technical-failure",
)
SMS_RATE_POUNDS = 0.0233


def accepted(message: Accepted, *, service_id: str, base_url: str) -> dict[str, Any]:
    """The body of a 201."""
    request, rendered, template = message.request, message.rendered, message.template
    document: dict[str, Any] = {
        "id": message.id,
        "reference": request.reference,
        "uri": f"{base_url}/v2/notifications/{message.id}",
        "template": {
            "id": template.id,
            "version": template.version,
            "uri": f"{base_url}/services/{service_id}/templates/{template.id}",
        },
        "scheduled_for": None,
    }
    if request.channel == "sms":
        document["content"] = {"from_number": message.sender, "body": rendered.body}
    else:
        document["content"] = {
            "from_email": message.sender,
            "subject": rendered.subject,
            "body": rendered.body,
            "one_click_unsubscribe_url": request.unsubscribe_url,
        }
        document["sanitised_content"] = rendered.sanitised
    return document


def notification(row: Row, *, base_url: str) -> dict[str, Any]:
    """One message, as looked up by id or in a list."""
    is_email = row["channel"] == "email"
    return {
        "id": row["id"],
        "reference": row["reference"],
        "type": row["channel"],
        "status": row["status"],
        "template": {
            "id": row["template_id"],
            "version": row["template_version"],
            "uri": f"{base_url}/v2/template/{row['template_id']}/version/{row['template_version']}",
        },
        "body": row["body"],
        "subject": row["subject"],
        "email_address": row["recipient"] if is_email else None,
        "phone_number": None if is_email else row["recipient"],
        **dict.fromkeys(f"line_{number}" for number in range(1, 7)),
        "postcode": None,
        "postage": None,
        "created_at": iso(row["created_at"]),
        "created_by_name": None,
        "sent_at": iso(row["sent_at"]),
        "completed_at": completed_at(row),
        "scheduled_for": None,
        "one_click_unsubscribe_url": row["unsubscribe_url"],
        **_cost(row),
    }


def completed_at(row: Row) -> str | None:
    return iso(row["updated_at"]) if row["status"] in COMPLETED else None


def _cost(row: Row) -> dict[str, Any]:
    if row["channel"] == "email":
        return {"is_cost_data_ready": True, "cost_in_pounds": 0.0, "cost_details": {}}
    is_billed = row["sent_at"] is not None
    cost = row["fragments"] * row["rate_multiplier"] * SMS_RATE_POUNDS if is_billed else None
    return {
        "is_cost_data_ready": is_billed,
        "cost_in_pounds": round(cost, 5) if cost is not None else None,
        "cost_details": {
            "billable_sms_fragments": row["fragments"],
            "international_rate_multiplier": float(row["rate_multiplier"]),
            "sms_rate": SMS_RATE_POUNDS,
        }
        if is_billed
        else {},
    }


def page(
    rows: list[Row], *, kind: str, path: str, query: list[tuple[str, str]], base_url: str
) -> dict[str, Any]:
    """A page of a list; `links.next` is there whenever the page is not empty."""
    links = {"current": _link(base_url, path, query)}
    if rows:
        kept = [(name, value) for name, value in query if name != "older_than"]
        links["next"] = _link(base_url, path, [*kept, ("older_than", rows[-1]["id"])])
    render = notification if kind == "notifications" else received_text
    return {kind: [render(row, base_url=base_url) for row in rows], "links": links}


def _link(base_url: str, path: str, query: list[tuple[str, str]]) -> str:
    return f"{base_url}{path}" + (f"?{urlencode(query)}" if query else "")


def received_text(row: Row, *, base_url: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "created_at": iso(row["created_at"]),
        "service_id": row["service_id"],
        "notify_number": row["destination_number"],
        "user_number": row["source_number"],
        "content": row["content"],
    }


def template(found: Template) -> dict[str, Any]:
    is_email = found.channel == "email"
    return {
        "id": found.id,
        "type": found.channel,
        "name": found.name,
        "body": found.body,
        "subject": found.subject if is_email else None,
        "version": found.version,
        "created_at": iso(found.created_at),
        "updated_at": iso(found.updated_at),
        "created_by": "sandbox@example.com",
        "personalisation": {
            name: {"required": True} for name in names_in(found.subject, found.body)
        },
        "postage": None,
        "letter_contact_block": None,
    }


def preview(found: Template, rendered: Rendered) -> dict[str, Any]:
    is_email = found.channel == "email"
    return {
        "id": found.id,
        "type": found.channel,
        "version": found.version,
        "body": rendered.body,
        "html": emails.to_html(rendered.body) if is_email else None,
        "subject": rendered.subject,
        "postage": None,
    }


def receipt(row: Row) -> dict[str, Any]:
    """A delivery receipt: the message as it is when the receipt is queued."""
    return {
        "id": row["id"],
        "reference": row["reference"],
        "to": row["recipient"],
        "status": row["status"],
        "created_at": iso(row["created_at"]),
        "completed_at": iso(row["updated_at"]),
        "sent_at": iso(row["sent_at"]),
        "notification_type": row["channel"],
        "template_id": row["template_id"],
        "template_version": row["template_version"],
    }
