"""A form on paper counts from the day it was signed, not from when it is typed in. Consent §6."""

from datetime import date

import pytest

from activity.models import Entry
from consent import reply_guard
from consent.decisions import Agreement
from consent.forms.responses import RouteForm
from consent.models import ConsentResponse, ResponseDraft, Triage
from consent.services.contacts import stored_details
from consent.services.responses import Answer, Given, record_response
from consent.services.who_answers import KnownParent
from notifications.models import Message
from tests.consent.test_kept_responses import NUTS, address
from tests.consent.wizard import HEALTH, Wizard, on_paper, status
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")
WORRY = HEALTH | {"severe_allergies": "yes", "severe_allergies_details": "Nuts"}


def sent(*typed):
    parts = zip(("day", "month", "year"), typed, strict=True)
    return {"route": "paper", **{f"signed_on-{part}": text for part, text in parts}}


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (("", "", ""), "Enter the date on the form"),
        (("11", "", "2027"), "Date on the form must include a month"),
        (("31", "2", "2027"), "Date on the form must be a real date"),
        (("13", "1", "2027"), "Date on the form must be today or in the past"),
        (("31", "7", "2026"), "Date on the form must be on or after 1 August 2026"),
    ],
)
def test_the_date_on_the_form_is_asked_and_checked(wizard, mum, typed, error):
    wizard.choose(mum.pk).answer(**sent(*typed))
    assert wizard.step == "route"
    assert list(wizard.shown.errors) == [error]
    assert wizard.shown.values["signed_on-day"] == typed[0], "nothing typed is lost"


@pytest.mark.parametrize("day", [date(2026, 8, 1), date(2027, 1, 12)])
def test_a_form_signed_in_the_august_before_and_today_is_good(wizard, mum, day):
    """Sessions of the coming year are there from 1 August, and so are their forms."""
    assert wizard.choose(mum.pk).answer(**on_paper(day)).step == "decision"


def test_in_august_a_form_for_the_coming_year_can_be_entered():
    form = RouteForm(data=on_paper(date(2027, 8, 20)), today=date(2027, 8, 21), academic_year=2027)
    assert form.is_valid(), form.errors


def test_the_date_is_shown_and_kept(clinic, child, mum, wizard, nurse_client):
    wizard.choose(mum.pk).answer(**on_paper(date(2027, 1, 8))).answer(decision="given")
    wizard.answer(**HEALTH)
    assert wizard.shown.summary["Date on the form"] == "8 January 2027"
    wizard.open("route")
    assert (wizard.shown.values["route"], wizard.shown.values["signed_on-day"]) == ("paper", "8")
    wizard.answer(route="phone")
    assert "Date on the form" not in wizard.shown.summary
    wizard.open("route").answer(**on_paper(date(2027, 1, 7))).answer()
    response = ConsentResponse.objects.get()
    assert response.responded_at == at("2027-01-07T00:00")
    shown = page(nurse_client.get(address(clinic, response)), names_person=True)
    assert shown.summary["Response date"] == "7 January 2027"
    entry = Entry.objects.get(kind="consent")
    assert (entry.body, entry.at) == ("HPV, paper\nDate on the form: 7 January 2027", NOW)


def test_consent_9_3_what_a_parent_said_after_signing_the_form_counts(
    clinic, child, mum, answered, nurse_client
):
    """Signed on Friday, refused by phone on Monday, typed in on Tuesday."""
    answered(child, "refused", parent=mum)
    wizard = Wizard(nurse_client, clinic, child).choose(mum.pk)
    wizard.answer(**on_paper(date(2027, 1, 8))).answer(decision="given").answer(**WORRY)
    assert wizard.step == "check", "nothing is triaged that does not count"
    wizard.answer()
    assert wizard.shown.banner == "Consent recorded for Jo Lee."
    assert status(child).consent == "refused"
    reply = list(Message.objects.filter(template__startswith="consent_"))
    assert set(reply_guard.guard(reply, now=NOW).values()) == {reply_guard.ANSWERED_AGAIN}


def test_consent_9_3_on_the_same_day_what_came_by_phone_counts(
    clinic, child, mum, answered, nurse_client
):
    answered(child, "refused", parent=mum, responded_at=at("2027-01-12T08:00"))
    wizard = Wizard(nurse_client, clinic, child).choose(mum.pk)
    wizard.answer(**on_paper(date(2027, 1, 12))).answer(decision="given").answer(**HEALTH).answer()
    assert status(child).consent == "refused"


def test_consent_9_3_a_paper_no_of_the_same_day_outweighs_an_earlier_yes(
    clinic, child, mum, answered, nurse_client
):
    """Agreed by phone at eight; a form of that day says no, and is typed in at ten."""
    answered(child, "given", parent=mum, responded_at=at("2027-01-12T08:00"))
    wizard = Wizard(nurse_client, clinic, child).choose(mum.pk)
    wizard.answer(**on_paper(date(2027, 1, 12))).answer(decision="refused")
    wizard.answer(reason="personal").answer(send="no").answer()
    assert wizard.shown.banner == "Refusal recorded for Jo Lee."
    assert status(child).consent == "refused"
    shown = page(
        nurse_client.get(address(clinic, ConsentResponse.objects.get(route="paper"))),
        names_person=True,
    )
    assert shown.summary["Response date"] == "12 January 2027"


def record(draft, parent, **answer):
    given = Given(
        who=KnownParent(parent.pk, stored_details(parent)),
        route="paper",
        answers=[Answer(programme="hpv", **answer)],
        signed_on=date(2027, 1, 8),
    )
    return record_response(draft_id=draft.pk, given=given, now=NOW, by=draft.owner)


def test_triage_that_did_not_see_the_form_is_done_again(clinic, child, mum, answered, nurse):
    answered(child, "given", health_answers=NUTS)
    safe = Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=clinic.organisation,
        session=clinic.session,
        academic_year=2026,
        outcome="safe",
        performed_by=nurse,
        performed_at=at("2027-01-11T12:00"),
    )
    draft = ResponseDraft.objects.create(
        owner=nurse, session=clinic.session, child=child, programme_id="hpv"
    )
    record(draft, mum, decision="given", agreement=Agreement(), health_answers=NUTS)
    safe.refresh_from_db()
    assert safe.invalidated_at == NOW
    assert (status(child).consent, status(child).triage) == ("given", "needed")


def test_a_form_signed_before_a_refusal_resolves_no_talk_about_it(
    clinic, child, mum, answered, nurse
):
    refusal = answered(child, "refused", parent=mum, wants_follow_up=True)
    draft = ResponseDraft.objects.create(
        owner=nurse, session=clinic.session, child=child, programme_id="hpv", follows_up=refusal
    )
    record(draft, mum, decision="given", agreement=Agreement())
    refusal.refresh_from_db()
    assert refusal.follow_up_outcome == ""
    assert status(child).consent == "follow_up"
