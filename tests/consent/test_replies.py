"""What parents read of what staff wrote down, and what holds it back."""

from datetime import date

import pytest

from cohorts.models import Parent
from cohorts.services import school_moves
from cohorts.signals import children_changed
from consent import replies, reply_guard
from consent.choices import Decision
from consent.models import ConsentResponse, Triage
from consent.services.contacts import Details
from consent.services.replies import confirm_answers, confirm_refusal
from notifications import wording
from notifications.models import Message
from sessions_app.models import Session
from tests import factories
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")
TO = Details("mo@example.com", "+447987654321", True)


@pytest.fixture
def confirm(nurse):
    def run(*responses, to=TO, confirms_refusal=True):
        session = Session.objects.with_days().get(pk=responses[0].session_id)
        return confirm_answers(
            responses, session, to, confirms_refusal=confirms_refusal, now=NOW, by=nurse
        )

    return run


@pytest.fixture
def answered(answered, mum):
    """As ever, but that mum answers, unless the test says otherwise."""
    return lambda child, decision, **fields: answered(
        child, decision, **{"parent": mum, "email": TO.email, "phone": TO.phone} | fields
    )


def reasons(later=NOW):
    return list(reply_guard.guard(list(Message.objects.all()), now=later).values())


def test_an_answer_is_confirmed_once_whatever_happens_twice(child, answered, confirm):
    response = answered(child, "given")
    assert confirm(response) == 2
    assert confirm(response) == 0
    assert Message.objects.count() == 2
    assert reasons() == []


def test_it_says_what_was_agreed_to_and_what_happens_next(organisation, answered, confirm):
    session = factories.SessionFactory(
        organisation=organisation,
        programmes=["flu"],
        location__name="Grace Academy",
        dates=[NOW.date()],
    )
    child = factories.ChildFactory(organisation=organisation, given_name="Jo", family_name="Lee")
    response = factories.ResponseFactory(
        child=child, session=session, programme_id="flu", methods=["nasal"]
    )
    factories.RelationshipFactory(child=child, parent=response.parent)
    confirm(response)
    email = Message.objects.get(channel="email")
    read = wording.get(email.template, "email").preview(email.personalisation)
    assert read.subject == "You gave consent for Jo to have the flu vaccination"
    assert "for Jo Lee to have the flu vaccination (nasal spray only)" in read.body
    assert "We expect to vaccinate your child at Grace Academy on Tuesday 12 January" in read.body


def test_consent_5_while_a_move_is_open_neither_place_nor_day_is_named(
    organisation, confirm, nurse
):
    session = factories.SessionFactory(
        organisation=organisation, location__name="Grace Academy", dates=[NOW.date()]
    )
    child = factories.ChildFactory(organisation=organisation, school=session.location)
    response = factories.ResponseFactory(child=child, session=session)
    factories.RelationshipFactory(child=child, parent=response.parent)
    move = school_moves.Proposal(child, school_moves.Schooling(None, True))
    school_moves.propose([move], source="consent", now=NOW)
    confirm(response)
    said = [message.personalisation for message in Message.objects.all()]
    assert {one["next_steps"] for one in said} == {replies.TELL_LATER}
    assert "Grace Academy" not in str(said)
    Message.objects.all().delete()
    school_moves.ignore(move_id=child.school_moves.get().pk, by=nurse, now=NOW)
    confirm(response)
    for message in Message.objects.all():
        assert "Grace Academy on Tuesday" in message.personalisation["next_steps"]


@pytest.mark.parametrize("what", ["refusal", "delay", "do_not_vaccinate", "health answer"])
def test_neither_place_nor_day_is_named_while_something_stands_in_the_way(
    organisation, confirm, nurse, what
):
    session = factories.SessionFactory(
        organisation=organisation, location__name="Grace Academy", dates=[NOW.date()]
    )
    child = factories.ChildFactory(organisation=organisation, school=session.location)
    about = {"child": child, "session": session}
    if what == "refusal":
        factories.ResponseFactory(**about, decision="refused", reason="personal")
    elif what == "health answer":
        calls = {"question": "a", "text": "?", "yes": True, "details": "", "calls_for_triage": True}
        factories.ResponseFactory(**about, health_answers=[calls])
    else:
        Triage.objects.create(
            **about,
            programme_id="hpv",
            organisation=organisation,
            academic_year=2026,
            outcome=what,
            delay_until=date(2027, 3, 1) if what == "delay" else None,
            performed_by=nurse,
            performed_at=at("2027-01-11T10:00"),
        )
    response = factories.ResponseFactory(**about, responded_at=NOW)
    factories.RelationshipFactory(child=child, parent=response.parent)
    confirm(response)
    message = Message.objects.get(channel="email")
    assert message.template == replies.GIVEN
    assert message.personalisation["next_steps"] == replies.TELL_LATER


def test_a_clinic_session_names_the_clinic(child, answered, confirm):
    confirm(answered(child, "given"))
    steps = Message.objects.filter(channel="email").get().personalisation["next_steps"]
    assert "at a community clinic, at the appointment that you book" in steps


def test_a_refusal_that_was_talked_over_promises_no_more_talk(child, answered, confirm):
    response = answered(child, "refused", wants_follow_up=True)
    confirm(response)
    ConsentResponse.objects.filter(pk=response.pk).update(
        follow_up_outcome="confirmed", follow_up_resolved_at=NOW
    )
    response.refresh_from_db()
    said = Message.objects.filter(channel="email").get().personalisation["next_steps"]
    assert said == f"{replies.NOT_GIVEN}\n\n{replies.CALL_BACK}"
    Message.objects.all().delete()
    confirm(response)
    said = Message.objects.filter(channel="email").get().personalisation["next_steps"]
    assert said == replies.NOT_GIVEN


@pytest.mark.parametrize(
    ("to", "channels"),
    [
        (Details("mo@example.com", "+447987654321", False), ["email"]),
        (Details("", "+447987654321", True), ["text"]),
        (Details("mo@example.com", "+442476000001", True), ["email"]),
        (Details("", "+442476000001", False), []),
    ],
    ids=["no texts wanted", "no email", "a landline", "nobody to write to"],
)
def test_texts_go_to_mobiles_of_those_who_want_them(child, answered, confirm, to, channels):
    confirm(answered(child, "refused"), to=to)
    assert list(Message.objects.values_list("channel", flat=True)) == channels


def test_nobody_is_told_of_no_response(child, answered, confirm):
    assert confirm(answered(child, Decision.NOT_PROVIDED)) == 0


@pytest.mark.parametrize("flag", ["restricted_at", "invalidated_at"])
def test_i08_no_reply_about_a_child_whose_record_is_flagged(child, answered, confirm, flag):
    response = answered(child, "given")
    confirm(response)
    setattr(child, flag, NOW)
    child.save()
    assert len(reasons()) == 2
    Message.objects.all().delete()
    assert confirm(ConsentResponse.objects.get()) == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"invalidated_at": NOW}, reply_guard.MARKED_INVALID),
        ({"withdrawn_at": NOW}, reply_guard.IS_WITHDRAWN),
    ],
)
def test_a_reply_that_waits_is_held_back_once_it_is_no_longer_so(
    child, answered, confirm, change, reason
):
    response = answered(child, "given")
    confirm(response)
    ConsentResponse.objects.filter(pk=response.pk).update(**change)
    assert set(reasons()) == {reason}


def test_a_reply_that_waits_is_held_back_once_the_parent_answered_otherwise(
    child, mum, answered, confirm
):
    first = answered(child, "given", parent=mum)
    confirm(first)
    answered(child, "refused", parent=mum, programme_id="menacwy", responded_at=NOW)
    assert reasons() == []
    answered(child, "refused", parent=mum, responded_at=NOW)
    assert set(reasons()) == {reply_guard.ANSWERED_AGAIN}


def test_a_reply_is_not_held_back_by_what_was_said_before_but_by_a_withdrawal_since(
    child, mum, answered, confirm
):
    confirm(answered(child, "given", parent=mum, responded_at=at("2027-01-12T09:00")))
    answered(child, "given", parent=mum, responded_at=at("2027-01-11T09:00"))
    assert reasons() == []
    earlier = ConsentResponse.objects.filter(responded_at=at("2027-01-11T09:00"))
    earlier.update(withdrawn_at=NOW)
    assert set(reasons()) == {reply_guard.ANSWERED_AGAIN}


def test_consent_3_a_reply_stays_where_it_was_given_while_the_record_keeps_another(
    child, mum, answered, confirm
):
    """At night the text waits; whatever changes about the child, it does not move meanwhile."""
    assert TO.phone != mum.phone
    confirm(answered(child, "given"))
    children_changed.send(None, child_ids=[child.pk], by=None, now=NOW)
    sent = Message.objects.filter(template=replies.GIVEN)
    assert set(sent.values_list("recipient", flat=True)) == {TO.email, TO.phone}
    assert reply_guard.guard(list(sent), now=NOW) == {}


def test_consent_3_a_reply_to_the_address_on_record_follows_its_correction(
    child, mum, answered, clinic, nurse
):
    response = answered(child, "refused")
    session = Session.objects.with_days().get(pk=clinic.session.pk)
    confirm_refusal(response, session, now=NOW, by=nurse)
    Parent.objects.filter(pk=mum.pk).update(email="right@example.com")
    children_changed.send(None, child_ids=[child.pk], by=None, now=NOW)
    assert Message.objects.get(channel="email").recipient == "right@example.com"
    assert reasons() == []
