"""A child who moved to another organisation: each side keeps its own contacts; what was answered
before counts, so whoever has the child sees it and can end it. Source: consent §7, §9.3, §15.
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from activity.selectors import child_log
from cohorts.services import school_moves
from consent.facts import consent_facts
from consent.models import ResponseChange, Triage
from consent.selectors.contacts import known_contacts
from consent.selectors.responses import later_answer
from consent.services.contacts import Details, stored_details
from consent.services.telling import tell_what_stands
from consent.services.voiding import void_responses
from consent.services.who_answers import ContactGone, KnownParent, responder_of
from notifications.models import Message
from sessions_app import statuses
from tests import factories
from tests.conftest import signed_in
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")


class Elsewhere:
    """The session of the child's new school."""

    def __init__(self, organisation):
        self.session = factories.SessionFactory(
            organisation=organisation, dates=[at("2027-01-20T10:00").date()]
        )


@pytest.fixture
def there(elsewhere):
    return Elsewhere(elsewhere)


def move_away(child, there, nurse):
    school = school_moves.Schooling(there.session.location_id, None)
    school_moves.propose([school_moves.Proposal(child, school)], source="cohort", now=NOW)
    school_moves.confirm(move_id=child.school_moves.get().pk, by=nurse, now=NOW)
    child.refresh_from_db()
    statuses.refresh([child.pk], today=NOW.date())
    return child


@pytest.fixture
def moved(child, mum, answered, nurse, there):
    """Mum answered; then the child moved away, and a brother stays: mum goes along as a copy."""
    answered(child, "refused", parent=mum)
    factories.RelationshipFactory(
        child=factories.ChildFactory(organisation=child.organisation), parent=mum
    )
    return move_away(child, there, nurse)


def test_only_the_contacts_of_the_present_organisation_are_offered(moved, mum, elsewhere):
    [contact] = known_contacts(moved)
    assert contact.parent != mum
    assert contact.parent.organisation == elsewhere


@pytest.mark.parametrize(
    ("before", "after"), [("refused", "given"), ("given", "refused"), ("given", "given")]
)
def test_consent_9_3_who_goes_along_as_a_copy_is_one_person_whose_last_word_counts(
    child, mum, answered, nurse, there, nurse_elsewhere, before, after
):
    """Else an earlier no of the person left behind blocks, or conflicts with, the later yes."""
    brother = factories.ChildFactory(organisation=child.organisation)
    factories.RelationshipFactory(child=brother, parent=mum)
    session = child.memberships.get().session
    of_brother = factories.ResponseFactory(child=brother, parent=mum, session=session)
    first = answered(child, before, parent=mum)
    move_away(child, there, nurse)
    [copy] = known_contacts(child)
    first.refresh_from_db()
    assert (first.parent, first.parent_name) == (copy.parent, mum.full_name)
    of_brother.refresh_from_db()
    assert of_brother.parent == mum
    later = factories.ResponseFactory(
        child=child,
        session=there.session,
        parent=copy.parent,
        decision=after,
        reason="personal" if after == "refused" else "",
        responded_at=NOW,
    )
    assert consent_facts([child.pk], 2026, NOW.date()) == {(child.pk, "hpv"): after}
    assert later_answer(first) == later


def test_another_organisations_parent_is_never_written_to(moved, mum, there, nurse_elsewhere):
    """Not even where the page was opened before the move."""
    before = stored_details(mum)
    new = KnownParent(mum.pk, Details("new@example.com"), replaces_details=True)
    with pytest.raises(ContactGone):
        responder_of(moved, there.session, new, programmes=["hpv"], now=NOW, by=nurse_elsewhere)
    mum.refresh_from_db()
    assert stored_details(mum) == before


YES = {
    "question": "severe_allergies",
    "text": "Does your child have any severe allergies?",
    "yes": True,
    "details": "Nuts",
    "calls_for_triage": True,
}


@pytest.fixture
def neighbour(organisation):
    """Somebody who answered for the child and is no parent of theirs: never a contact there."""
    return factories.ParentFactory(organisation=organisation, full_name="Nell Next")


@pytest.fixture
def answer(child, neighbour, answered, nurse, there):
    """`answer("given")`: what the neighbour answered, before the child moved away."""

    def give(decision, **fields):
        given = {"parent_name": "Nell Next", "email": "nell@example.com", "phone": ""}
        response = answered(child, decision, **({"parent": neighbour} | given | fields))
        move_away(child, there, nurse)
        return response

    return give


@pytest.fixture
def at_new(there, nurse_elsewhere):
    """`at_new("invalidate", response, notes="…")`: the page there that it leads to."""
    client = signed_in(nurse_elsewhere)

    def open_page(act, response, **data):
        names = {"slug": there.session.slug, "public_id": response.child.public_id}
        if act == "child":
            return page(client.get(reverse("consent:child", kwargs=names)), names_person=True)
        names["response_id"] = response.public_id
        address = reverse(f"consent:{act}-response", kwargs=names)
        got = client.post(address, data, follow=True) if data else client.get(address, follow=True)
        return page(got, names_person=act == "show" or bool(got.redirect_chain))

    return open_page


def log_of(child, organisation):
    days = child_log(child=child, organisation=organisation).days
    return [entry.title for day in days for entry in day.entries]


def test_consent_15_what_was_answered_elsewhere_counts_and_is_seen(answer, at_new):
    old = answer("given", health_answers=[YES])
    shown = at_new("child", old)
    assert shown.rows[0][0] == "Nell NextMum"
    assert shown.rows[0][1].endswith(", for another organisation")
    assert "Nell Next" in shown.links
    shown = at_new("show", old)
    assert shown.summary["Decision"] == "Consent given"
    assert (shown.summary["Responded by"], shown.summary["Relationship"]) == ("Nell Next", "Mum")
    assert "Response date" in shown.summary
    assert shown.summary["Contact details given"] == (
        "Hidden because the response was given to another organisation"
    )
    assert "nell@example.com" not in shown.text
    assert "given to another organisation, before Jo Lee moved to yours" in shown.text
    assert "Yes – Nuts" in shown.summary[YES["text"]]
    assert {"Withdraw consent", "Mark as invalid"} <= set(shown.links)
    assert "This response is about another child" not in shown.links, "the other side's to match"


def test_consent_7_an_answer_given_elsewhere_is_marked_as_invalid(answer, at_new, there, elsewhere):
    old = answer("given")
    child = old.child
    assert consent_facts([child.pk], 2026, NOW.date()) == {(child.pk, "hpv"): "given"}
    shown = at_new("invalidate", old, notes="A neighbour")
    assert shown.banner == "Response marked as invalid."
    assert shown.summary["Decision"] == "Consent given Invalid"
    assert not {"Withdraw consent", "Mark as invalid"} & set(shown.links)
    assert child.statuses.get(programme="hpv").consent == "no_response"
    told = "Consent from Nell Next invalidated"
    assert told in log_of(child, elsewhere)
    assert told not in log_of(child, old.organisation), "who has the child did it, and has it"


def test_consent_7_an_earlier_responder_who_refused_elsewhere_blocks_nobody(answer, at_new):
    """They are no contact here, so no newer answer of theirs can replace it."""
    old = answer("refused")
    assert not [one for one in known_contacts(old.child) if one.parent == old.parent]
    at_new("invalidate", old, notes="The grandmother, who has no responsibility")
    assert consent_facts([old.child.pk], 2026, NOW.date()) == {(old.child.pk, "hpv"): "no_response"}


def test_consent_7_a_withdrawal_reaches_nobody_whose_contact_is_elsewhere(answer, at_new):
    old = answer("given")
    asked = at_new("withdraw", old)
    assert (
        "Nobody gets a message about this: Nell Next is not a contact of your organisation."
        in asked.text
    )
    assert "Do not send them a message to confirm this" not in asked.text
    shown = at_new("withdraw", old, reason="personal")
    assert shown.banner == "Consent withdrawn."
    assert shown.summary["Decision"] == "Consent given Withdrawn"
    assert not Message.objects.exists()
    assert consent_facts([old.child.pk], 2026, NOW.date()) == {(old.child.pk, "hpv"): "refused"}


def test_consent_7_a_parent_who_moved_along_is_told_by_the_new_organisation(
    answer, at_new, mum, elsewhere
):
    old = answer("given", parent=mum, parent_name=mum.full_name)
    assert "is not a contact" not in at_new("withdraw", old).text
    shown = at_new("withdraw", old, reason="personal")
    assert shown.banner == f"Consent withdrawn. {mum.full_name} will get a message."
    [message] = Message.objects.all()
    assert (message.organisation, message.recipient) == (elsewhere, mum.email)


def test_consent_7_nobody_talks_over_a_refusal_with_a_contact_of_others(answer, at_new, mum):
    old = answer("refused", wants_follow_up=True)
    assert "Follow up" not in at_new("show", old).links
    shown = at_new("follow-up", old, stands="yes", notes="Hm")
    assert shown.banner.startswith("Whoever gave this response is not a contact of your")
    old.refresh_from_db()
    assert not old.follow_up_outcome


def test_consent_7_a_refusal_of_who_moved_along_is_followed_up_there(
    answer, at_new, mum, elsewhere
):
    old = answer("refused", parent=mum, parent_name=mum.full_name, wants_follow_up=True)
    shown = at_new("follow-up", old, stands="yes", notes="Still no")
    assert shown.banner == "Refusal confirmed."
    assert any(told.startswith("Follow-up: the refusal") for told in log_of(old.child, elsewhere))
    assert {message.organisation for message in Message.objects.all()} == {elsewhere}


def test_what_another_organisation_knows_of_another_child_stays_theirs(answer, at_new, nurse):
    old = answer("given", health_answers=[YES])
    void_responses(
        [old], because="For Sam Poole", kind=ResponseChange.Kind.UNMATCHED, now=NOW, by=nurse
    )
    shown = at_new("show", old)
    assert "Invalid" in shown.summary["Decision"]
    assert "For Sam Poole" not in shown.text
    assert YES["text"] not in shown.summary


def test_consent_15_why_another_child_was_refused_elsewhere_is_not_told(answer, at_new, nurse):
    old = answer("refused", reason="medical", notes="Leukaemia since May")
    assert "Leukaemia since May" in at_new("child", old).text
    void_responses(
        [old], because="For Sam Poole", kind=ResponseChange.Kind.UNMATCHED, now=NOW, by=nurse
    )
    for act in ("child", "show"):
        shown = at_new(act, old)
        assert "Nell Next" in shown.text
        assert "Leukaemia" not in shown.text
        assert "Medical reasons" not in shown.text


@pytest.fixture
def decided(child, nurse):
    """`decided("safe")`: what a nurse of the old organisation decides, before the child moves."""

    def decide(outcome):
        return Triage.objects.create(
            child=child,
            programme_id="hpv",
            organisation=child.organisation,
            session=child.memberships.get().session,
            academic_year=2026,
            outcome=outcome,
            performed_by=nurse,
            performed_at=NOW,
        )

    return decide


def test_what_ends_with_an_answer_is_logged_where_the_child_is(
    answer, decided, at_new, elsewhere, neighbour
):
    """Who had the child before learns nothing of what happens to them since."""
    safe = decided("safe")
    old = answer("given", responded_at=NOW - timedelta(hours=1))
    before = log_of(old.child, safe.organisation)
    at_new("invalidate", old, notes="A neighbour")
    safe.refresh_from_db()
    assert safe.invalidated_at
    ended = "Triage decision invalidated: Safe to vaccinate"
    assert ended in log_of(old.child, elsewhere)
    assert log_of(old.child, safe.organisation) == before


def test_consent_10_what_was_decided_elsewhere_is_told_by_who_has_the_child(
    child, mum, answered, decided, nurse, there, elsewhere
):
    """Not from the team that the child left, whose log would tell them of the parent's address."""
    answered(child, "given", parent=mum)
    decided("do_not_vaccinate")
    move_away(child, there, nurse)
    [parent] = known_contacts(child)
    again = factories.ResponseFactory(
        child=child, session=there.session, parent=parent.parent, responded_at=NOW
    )
    statuses.refresh([child.pk], today=NOW.date())
    assert tell_what_stands([again], now=NOW, by=None) == 1
    [message] = Message.objects.all()
    assert (message.template, message.organisation) == ("triage_do_not_vaccinate", elsewhere)
    assert message.session_id == there.session.pk
    assert message.personalisation["team_email"] == there.session.whom_to_ask.email


def test_the_organisation_that_the_child_left_finds_no_page(answer, nurse, there):
    old = answer("given")
    for slug in (old.session.slug, there.session.slug):
        names = {"slug": slug, "public_id": old.child.public_id, "response_id": old.public_id}
        address = reverse("consent:show-response", kwargs=names)
        assert signed_in(nurse).get(address).status_code == 404
