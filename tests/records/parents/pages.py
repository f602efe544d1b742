"""The pages about a child's parents, and what they leave behind."""

from datetime import timedelta
from uuid import uuid4

from django.urls import reverse

from activity.selectors import child_log
from consent.models import Triage
from notifications import claims, guarding
from notifications.models import Channel, Lane, Message
from tests import factories
from tests.consent.online import YES_TO_TRIAGE
from tests.pages import page
from tests.sessions_app.conftest import at

NOW = at("2027-01-12T10:00")
OCTOBER, DECEMBER = NOW - timedelta(days=80), NOW - timedelta(days=40)


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


def answer(clinic, relationship, decision, at, **fields):
    """What a parent says about HPV; consent with an answer that calls for triage."""
    reason = "personal_choice" if decision == "refused" else ""
    if decision == "given":
        fields.setdefault("health_answers", YES_TO_TRIAGE)
    return factories.ResponseFactory(
        child=relationship.child,
        parent=relationship.parent,
        session=clinic.session,
        decision=decision,
        reason=reason,
        responded_at=at,
        email=relationship.parent.email,
        **fields,
    )


def triaged(clinic, child, nurse, outcome, at, **fields):
    return Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=clinic.organisation,
        session=clinic.session,
        academic_year=2026,
        outcome=outcome,
        performed_by=nurse,
        performed_at=at,
        **fields,
    )


def merge_address(stays, goes_key):
    names = {
        "public_id": stays.child.public_id,
        "parent_id": stays.public_id,
        "other_id": goes_key,
    }
    return reverse("children:merge-parents", kwargs=names)


def merge(client, stays, goes_key, **chosen):
    here = merge_address(stays, goes_key)
    seen = page(client.get(here)).values["seen"]
    return page(client.post(here, {"seen": seen, **chosen}, follow=True), names_person=True)


def on_its_way(now=NOW):
    """What goes out now, once its guard was asked and it followed to a corrected address."""
    going = []
    for _ in range(3):
        backlog = claims.backlog(lanes=list(Lane), channels=Channel.values, now=now)
        going += guarding.ask(backlog.claim(most=50, now=now), now=now)
    return going
