"""The pages about a child's parents, and what they leave behind."""

from uuid import uuid4

from django.urls import reverse

from activity.selectors import child_log
from notifications.models import Message
from tests.pages import page
from tests.sessions_app.conftest import at

NOW = at("2027-01-12T10:00")


def address(name, relationship):
    names = {"public_id": relationship.child.public_id, "parent_id": relationship.public_id}
    return reverse(f"children:{name}", kwargs=names)


def form_of(client, relationship):
    return dict(page(client.get(address("change-parent", relationship))).values)


def message_to(relationship, **fields):
    return Message.objects.create(
        **{
            "letter": uuid4(),
            "template": "clinic_initial_invitation",
            "channel": "email",
            "recipient": relationship.parent.email,
            "parent": relationship.parent,
            "child": relationship.child,
            "organisation": relationship.child.organisation,
            "due_at": NOW,
        }
        | fields
    )


def log_of(child):
    log = child_log(child=child, organisation=child.organisation)
    return {entry.title: entry for day in log.days for entry in day.entries}
