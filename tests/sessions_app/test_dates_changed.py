"""Telling families who were invited that dates have changed (E2, E3): never automatic."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from notifications import wording
from notifications.models import Message
from notifications.settling import Settlement
from sessions_app import dates_changed, invitations, mailing_examples, rules
from sessions_app.choices import Exclusion
from sessions_app.dates_changed import TellingRefused
from sessions_app.models import DatesChange, Mailing
from tests.conftest import signed_in
from tests.pages import page
from tests.sessions_app.conftest import at
from tests.sessions_app.test_schedule_confirm import days, moved, save

FEB_8, FEB_9 = date(2027, 2, 8), date(2027, 2, 9)
LATER = "2027-01-05T10:10"


@pytest.fixture
def invited(clinic):
    child = clinic.child()
    clinic.plan("2027-01-04T09:00")
    return child


@pytest.fixture
def change(clinic, invited, nurse):
    """On 5 January the one date moves from 25 January to 8 February."""
    save(clinic.session, nurse, [moved(clinic.session, FEB_8)])
    return DatesChange.objects.get()


def tell(change, by, now=LATER):
    return dates_changed.tell(change_id=change.pk, by=by, now=at(now))


def told(clinic):
    return [message for message in clinic.messages() if message.template == dates_changed.TEMPLATE]


def test_e02_nobody_is_told_by_itself_and_whoever_was_invited_on_request(clinic, change, nurse):
    clinic.child(joined="2027-01-05T10:05", parents=0)
    assert told(clinic) == []
    assert tell(change, nurse) == 1
    assert {message.channel for message in told(clinic)} == {"email", "text"}
    assert {message.sent_by for message in told(clinic)} == {nurse}
    assert dates_changed.guard(told(clinic), now=at(LATER)) == {}


def test_e02_who_was_invited_after_the_change_has_nothing_to_be_told(clinic, change, nurse):
    newcomer = clinic.child(joined="2027-01-18T10:00")
    clinic.plan("2027-01-18T10:00")
    assert newcomer.invitations.exists()
    assert tell(change, nurse, "2027-01-18T10:05") == 1
    assert newcomer.pk not in {message.child_id for message in told(clinic)}


@pytest.mark.parametrize("channel", ["email", "text"])
def test_a_parent_reads_what_changed_and_the_text_leaves_nothing_open(
    clinic, change, nurse, channel
):
    tell(change, nurse)
    message = next(one for one in told(clinic) if one.channel == channel)
    words = wording.get(message.template, channel)
    assert words.missing(message.personalisation) == []
    assert "25 January 2027 moved to 8 February 2027" in words.preview(message.personalisation).body


def test_families_are_told_of_a_change_once(clinic, change, nurse, administrator):
    tell(change, nurse)
    with pytest.raises(TellingRefused):
        tell(change, administrator, "2027-01-05T10:11")
    assert len(told(clinic)) == 2
    assert dates_changed.to_tell(clinic.session) is None


def test_only_the_newest_change_can_be_told(clinic, change, nurse):
    save(clinic.session, nurse, [*days(clinic.session), FEB_9], now="2027-01-05T11:00")
    with pytest.raises(TellingRefused):
        tell(change, nurse, "2027-01-05T11:01")
    newest = dates_changed.to_tell(clinic.session)
    assert newest.in_words == "9 February 2027 added"
    assert tell(newest, nurse, "2027-01-05T11:02") == 1


def test_families_read_every_change_since_they_were_last_told(clinic, change, nurse):
    save(clinic.session, nurse, [*days(clinic.session), FEB_9], now="2027-01-05T11:00")
    newest = dates_changed.to_tell(clinic.session)
    tell(newest, nurse, "2027-01-05T11:02")
    text = next(one for one in told(clinic) if one.channel == "text")
    assert text.personalisation["what_changed_short"] == (
        "25 January 2027 moved to 8 February 2027; 9 February 2027 added"
    )


def test_families_do_not_read_again_what_they_were_told(clinic, change, nurse):
    tell(change, nurse)
    settlement = Settlement(now=at(LATER))
    for message in told(clinic):
        settlement.accept(message, notify_id=uuid4(), version=1)
    settlement.save()
    save(clinic.session, nurse, [*days(clinic.session), FEB_9], now="2027-01-05T11:00")
    tell(dates_changed.to_tell(clinic.session), nurse, "2027-01-05T11:02")
    newest = told(clinic)[-1]
    assert newest.personalisation["what_changed_short"] == "9 February 2027 added"


def test_what_was_held_back_because_dates_changed_again_was_not_told(clinic, change, nurse):
    tell(change, nurse)
    Message.objects.filter(template=dates_changed.TEMPLATE).update(
        status=Message.Status.WITHHELD, reason=dates_changed.CHANGED_AGAIN
    )
    save(clinic.session, nurse, [*days(clinic.session), FEB_9], now="2027-01-05T11:00")
    tell(dates_changed.to_tell(clinic.session), nurse, "2027-01-05T11:02")
    newest = told(clinic)[-1]
    assert "25 January 2027 moved" in newest.personalisation["what_changed_short"]


def test_a_text_that_waits_is_held_back_when_dates_change_again(clinic, change, nurse):
    tell(change, nurse)
    save(clinic.session, nurse, [*days(clinic.session), FEB_9], now="2027-01-05T11:00")
    reasons = dates_changed.guard(told(clinic), now=at("2027-01-05T11:00"))
    assert set(reasons.values()) == {"The dates have changed again"}


def test_excluded_families_are_left_out_and_held_back(clinic, change, invited, nurse):
    queued = tell(change, nurse)
    assert queued == 1
    invited.restricted_at = at("2027-01-05T10:11")
    invited.save()
    reasons = dates_changed.guard(told(clinic), now=at("2027-01-05T10:12"))
    assert set(reasons.values()) == {str(Exclusion.RESTRICTED.label)}
    clinic.refresh(invited, "2027-01-05T10:12")
    found = dates_changed.recipients(change)
    assert (found.contacts, found.left_out) == ({}, [(Exclusion.RESTRICTED, 1)])


def test_many_are_held_and_calling_back_offers_it_again(clinic, nurse):
    clinic.children(rules.HELD_FROM)
    clinic.plan("2027-01-04T09:00")
    save(clinic.session, nurse, [moved(clinic.session, FEB_8)])
    change = DatesChange.objects.get()
    tell(change, nurse)
    mailing = Mailing.objects.get(kind=Mailing.Kind.DATES_CHANGED)
    assert {message.due_at for message in told(clinic)} == {at(LATER) + timedelta(minutes=2)}
    [(_, examples)] = mailing_examples.what_parents_read(mailing, now=at(LATER))
    assert all("25 January 2027 moved to 8 February 2027" in read.body for _, read in examples)
    invitations.call_back(mailing_id=mailing.pk, by=nurse, now=at("2027-01-05T10:11"))
    assert {message.status for message in told(clinic)} == {Message.Status.WITHHELD}
    assert dates_changed.to_tell(clinic.session) == change
    assert tell(change, nurse, "2027-01-05T10:20") == rules.HELD_FROM
    assert len(told(clinic)) == 4 * rules.HELD_FROM


def test_the_session_offers_it_and_the_page_shows_what_is_sent(clinic, change, nurse, time_machine):
    time_machine.move_to(at(LATER), tick=False)
    client = signed_in(nurse)
    show = f"/sessions/{clinic.session.slug}/"
    assert "Tell families that dates have changed" in page(client.get(show)).links
    address = f"{show}dates-changed/{change.pk}/"
    shown = page(client.get(address))
    assert "25 January 2027 moved to 8 February 2027" in shown.text
    assert "1 child" in shown.text and "Sam Taylor" in shown.text
    assert "are being told" in page(client.post(address, follow=True)).banner
    assert "Tell families" not in page(client.get(show)).text
    assert "told of these changes already" in page(client.post(address, follow=True)).banner
    assert len(told(clinic)) == 2


def test_the_page_of_a_mailing_calls_it_back_and_lets_it_go(clinic, nurse, time_machine):
    clinic.children(rules.HELD_FROM)
    time_machine.move_to(at("2027-01-05T10:00"), tick=False)
    invitations.plan(now=at("2027-01-05T10:00"), session_ids=[clinic.session.pk], by=nurse)
    mailing = Mailing.objects.get()
    show = f"/sessions/{clinic.session.slug}/"
    address = f"{show}mailings/{mailing.pk}/"
    time_machine.move_to(at("2027-01-05T10:00:20"), tick=False)
    client = signed_in(nurse)
    assert "1 minute 40 seconds" in page(client.get(show)).text
    shown = page(client.get(address)).text
    assert "1 minute 40 seconds left" in shown
    assert "What parents will read" in shown and "Sam Taylor" in shown
    shown = page(client.post(f"{address}call-back/", follow=True))
    assert "Nothing was sent to any parent." in shown.banner
    assert "What parents will read" not in shown.text, "nothing waits"
    assert "Invite these families" in shown.links
    assert "The parents of 21 children are not invited" in page(client.get(show)).text
    release = f"{address}release/"
    shown = page(client.get(release))
    assert "now: the parents of 21 children" in shown.text and "21 emails" in shown.text
    assert "go in two minutes" in page(client.post(release, follow=True)).text
    assert "no longer wait" in page(client.post(release, follow=True)).text
