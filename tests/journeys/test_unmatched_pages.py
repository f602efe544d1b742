"""Every page about responses that found no child, and moves they ask for: axe, width, focus."""

import pytest
from django.urls import reverse

from cohorts.services import school_moves
from consent.models import OnlineResponse, Triage
from consent.services import matching, online_replies
from notifications.models import Message
from sessions_app import statuses
from tests import factories
from tests.consent.online import Link
from tests.journeys.families import (
    EMAIL,
    LONG,
    NAME,
    TODAY,
    WORDS,
    collector_of,
    long_child,
    on_the_day,
)
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db


def triage(link, child, nurse, outcome, when):
    Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=link.organisation,
        session=link.session,
        academic_year=2026,
        outcome=outcome,
        performed_by=nurse,
        performed_at=when,
    )


def undo_a_match(client, link, child):
    """With all that the page may say: triage and vaccination on it, messages, a school move."""
    nurse = link.organisation.users.first()
    birch = factories.SchoolFactory(team=link.school.team, name="Cedar School")
    nuts = {
        "question": "severe_allergies",
        "text": "Allergies?",
        "yes": True,
        "details": WORDS,
        "calls_for_triage": True,
    }
    given = {"programme_id": "hpv", "decision": "given", "methods": ["injection"]}
    response = link.response(
        **LONG,
        parent_name=f"Another {NAME}",
        email=f"another.{EMAIL}",
        school=birch,
        decisions=[given | {"health_answers": [nuts]}],
    )
    online_replies.confirm(response.pk, now=at("2027-01-12T10:00"))
    triage(link, child, nurse, "safe", at("2027-01-12T09:50"))
    matching.link(response_id=response.pk, child=child, by=nurse, now=at("2027-01-12T10:00"))
    Message.objects.update(status="delivered", accepted_at=at("2027-01-12T10:00"))
    factories.VaccinationRecordFactory(child=child)
    statuses.refresh([child.pk], today=TODAY)
    for outcome in ("safe", "do_not_vaccinate"):
        triage(link, child, nurse, outcome, at("2027-01-12T10:00"))
    consent = child.consent_responses.get(route="online")
    names = {
        "slug": link.session.slug,
        "public_id": child.public_id,
        "response_id": consent.public_id,
    }
    client.get(reverse("consent:show-response", kwargs=names))
    undo = reverse("consent:undo-match", kwargs=names)
    client.get(undo)
    # As of a match that was made before it was kept whom it added.
    OnlineResponse.objects.update(added_relationship=None)
    client.post(undo, {})
    client.post(undo, {"reason": WORDS}, follow=True)
    client.get(reverse("consent:show-response", kwargs=names))
    parts = {"public_id": response.public_id, "child_id": child.public_id}
    client.get(reverse("unmatched:compare", kwargs=parts))
    client.get(reverse("unmatched:list"))


def test_unmatched_responses_and_school_moves(organisation, nurse, show):
    staff = collector_of(nurse)
    with on_the_day():
        link = Link(organisation, school_name="Pilot School")
        response = link.response(**LONG, parent_name=NAME, email=EMAIL)
        child, _ = long_child(link, postcode="CV6 5EX")

        def go(name, *sent, **parts):
            parts = {"public_id": response.public_id, **parts}
            address = reverse(f"unmatched:{name}", kwargs=parts)
            staff.get(address)
            for data in sent:
                staff.post(address, data, follow=True)

        undo_a_match(staff, link, child)
        staff.get(reverse("unmatched:list"))
        go("match", {"q": "feather"}, {"q": "nobody"})
        go("compare", child_id=child.public_id)
        go("create")
        go("archive", {}, {"note": "Not ours"})
        birch = factories.SchoolFactory(team=link.school.team, name="Birch School")
        target = school_moves.Schooling(birch.pk, None)
        school_moves.propose(
            [school_moves.Proposal(child, target)], source="consent", now=at("2027-01-12T10:00")
        )
        staff.get(reverse("school-moves:list"))
        move = reverse(
            "school-moves:show", kwargs={"public_id": child.school_moves.get(decision="").public_id}
        )
        staff.get(move)
        staff.post(move, {})
    show(staff)
