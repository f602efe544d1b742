"""Mailings leave a part of the day's allowance at Notify, so that replies to parents still go."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import allowance, condition, counters, rules, stoppages
from notifications.models import Allowance, Channel, Lane, Message, Stoppage
from tests.conftest import signed_in
from tests.notifications.conftest import NOW
from tests.pages import page

Status = Message.Status
TODAY = rules.allowance_day(NOW)
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("accepted", "limit", "kept", "left"),
    [
        (0, 250_000, 5_000, 245_000),
        (244_999, 250_000, 5_000, 1),
        (245_000, 250_000, 5_000, 0),
        # What went beyond, such as replies, takes nothing from tomorrow.
        (249_000, 250_000, 5_000, 0),
        (10, 10, 0, 0),
        (9, 10, 0, 1),
    ],
)
def test_what_is_left_for_mailings(accepted, limit, kept, left):
    assert rules.left_for_bulk(accepted, limit=limit, kept=kept) == left


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2027, 1, 12, 23, 59, tzinfo=UTC), date(2027, 1, 12)),
        (datetime(2027, 1, 13, 0, 0, tzinfo=UTC), date(2027, 1, 13)),
        # Half past midnight of the 13th in London is still the 12th in UTC, in summer.
        (datetime.fromisoformat("2027-07-13T00:30+01:00"), date(2027, 7, 12)),
    ],
)
def test_the_day_of_an_allowance_is_utcs(now, day):
    assert rules.allowance_day(now) == day
    assert rules.allowance_renewed_at(now).date() == day + timedelta(days=1)


@pytest.fixture
def small(settings):
    """Ten emails and ten texts a day, of which mailings leave four."""
    settings.NOTIFY_DAILY_EMAILS = settings.NOTIFY_DAILY_TEXTS = 10
    settings.NOTIFY_DAILY_KEPT_FOR_URGENT = 4


def queues(now=NOW):
    return set(stoppages.open_queues(now=now))


URGENT = {(Lane.URGENT, Channel.EMAIL), (Lane.URGENT, Channel.TEXT)}
EVERYTHING = URGENT | {(Lane.BULK, Channel.EMAIL), (Lane.BULK, Channel.TEXT)}


def test_days_and_channels_are_counted_apart_and_add_up(small):
    allowance.count({"email": 3, "text": 1}, day=TODAY)
    allowance.count({"email": 2}, day=TODAY)
    allowance.count({"email": 9}, day=TODAY - timedelta(days=1))
    assert allowance.accepted_today(NOW) == {"email": 5, "text": 1}
    assert Allowance.objects.count() == 3


def test_only_the_mailings_of_a_spent_channel_rest_and_only_until_midnight(small):
    allowance.count({"email": 6}, day=TODAY)
    assert allowance.left_for_bulk(now=NOW) == {"text": 6}
    assert queues() == EVERYTHING - {(Lane.BULK, Channel.EMAIL)}
    resting = Stoppage.objects.get()
    assert (resting.scope, resting.kind) == ("email", "kept")
    assert allowance.left_for_bulk(now=NOW) == {"text": 6}
    assert Stoppage.objects.count() == 1
    midnight = datetime(2027, 1, 13, 9, tzinfo=UTC)
    assert queues(midnight) == EVERYTHING
    assert allowance.left_for_bulk(now=midnight) == {"email": 6, "text": 6}


def test_a_person_may_let_them_go_on(small):
    allowance.count({"email": 6}, day=TODAY)
    allowance.left_for_bulk(now=NOW)
    stoppages.end(Stoppage.objects.get().pk, now=NOW)
    assert allowance.left_for_bulk(now=NOW + timedelta(seconds=1)) == {"text": 6}
    assert queues() == EVERYTHING


def test_notify_s_own_refusal_takes_over_and_stops_all_of_the_channel(small):
    allowance.count({"email": 6}, day=TODAY)
    allowance.left_for_bulk(now=NOW)
    stoppages.stop_for(rules.Throttled("day"), channel="email", now=NOW)
    assert queues() == {(Lane.URGENT, Channel.TEXT), (Lane.BULK, Channel.TEXT)}
    assert [one.kind for one in Stoppage.objects.filter(ended_at=None)] == ["allowance"]
    allowance.left_for_bulk(now=NOW)
    assert Stoppage.objects.filter(ended_at=None).count() == 1


def test_mailings_that_rest_do_not_wait_too_long(small, queued):
    queued(due_at=NOW - timedelta(hours=5))
    allowance.count({"email": 6}, day=TODAY)
    assert [lane.waits_too_long for lane in condition.lanes(NOW)] == [False, True]
    allowance.left_for_bulk(now=NOW)
    assert [lane.waits_too_long for lane in condition.lanes(NOW)] == [False, False]


def test_what_rested_has_not_waited_too_long_when_it_may_go_again(small, queued):
    queued(due_at=NOW - timedelta(hours=5))
    allowance.count({"email": 6}, day=TODAY)
    allowance.left_for_bulk(now=NOW)
    reopened = Stoppage.objects.get().until
    [_, bulk] = condition.lanes(reopened + timedelta(minutes=5))
    assert (bulk.waiting, bulk.oldest_due_at) == (1, reopened)
    assert not bulk.waits_too_long
    [_, bulk] = condition.lanes(reopened + timedelta(hours=4))
    assert bulk.waits_too_long


def test_texts_left_in_the_evening_have_not_waited_too_long_in_the_morning(db, queued):
    queued(
        channel="text", recipient="+447700900123", due_at=datetime(2027, 1, 11, 20, 50, tzinfo=UTC)
    )
    opens = datetime(2027, 1, 12, 8, tzinfo=UTC)
    [_, bulk] = condition.lanes(opens + timedelta(minutes=5))
    assert (bulk.waiting, bulk.oldest_due_at, bulk.waits_too_long) == (1, opens, False)
    [_, bulk] = condition.lanes(opens + timedelta(hours=4))
    assert bulk.waits_too_long


def test_a_channel_near_its_end_slows_no_other(small, queued, postman, notify, settings):
    settings.NOTIFY_DAILY_EMAILS = 1000
    allowance.count({"text": 5}, day=TODAY)
    for number in range(30):
        queued(recipient=f"parent{number}@example.com")
    with CaptureQueriesContext(connection) as captured:
        assert postman.send() == 30
    claimed = [one for one in captured if "SET status = 'claimed'" in one["sql"]]
    assert len(claimed) < 5


def test_a_mailing_rests_before_the_limit_replies_go_and_the_rest_follows_tomorrow(
    small, queued, postman, notify, clock
):
    notify.change_service(daily_limits={"email": 10})
    mailing = [queued(recipient=f"parent{number}@example.com") for number in range(9)]
    postman.send()
    assert allowance.accepted_today(clock.now) == {"email": 6, "text": 0}
    assert status_of(mailing).count(Status.ACCEPTED) == 6
    assert Stoppage.objects.get().kind == Stoppage.Kind.KEPT
    replies = [queued(lane=Lane.URGENT, recipient=f"asks{n}@example.com") for n in range(2)]
    assert postman.send() == 2, "whoever sends mailings takes replies too, and nothing else"
    replies += [queued(lane=Lane.URGENT, recipient=f"asks{n}@example.com") for n in range(2, 4)]
    postman.send(lane=Lane.URGENT)
    assert set(status_of(replies)) == {Status.ACCEPTED}
    assert not [one for one in notify.attempts() if one["verdict"] == 429]
    # Tomorrow's allowance is a new one. The sandbox's day cannot be moved on without refusing the
    # tokens of ours, so it gets what a new day brings.
    clock.forward(hours=21)
    notify.change_service(daily_limits={"email": 20})
    postman.sweep()
    postman.send()
    assert set(status_of(mailing)) == {Status.ACCEPTED}
    assert allowance.accepted_today(clock.now)["email"] == 3


def test_a_sender_counts_what_came_of_its_messages(queued, postman):
    for _ in range(2):
        queued()
    postman.send()
    assert counters.read() == {("email", "accepted"): 2}
    assert allowance.accepted_today(NOW)["email"] == 2


def status_of(messages):
    found = dict(Message.objects.values_list("pk", "status"))
    return [found[message.pk] for message in messages]


def test_operators_read_how_much_of_the_day_is_used(small, superuser, time_machine):
    time_machine.move_to(NOW)
    allowance.count({"email": 6, "text": 1}, day=TODAY)
    allowance.left_for_bulk(now=NOW)
    shown = page(signed_in(superuser).get("/operations/messages/"))
    assert shown.summary["Accepted by GOV.UK Notify today"].startswith(
        "6 of 10 emails, 1 of 10 text messages"
    )
    assert "Mailings rest: email" in shown.text
