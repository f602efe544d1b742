import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import override_settings

from notifications import claims, hints, outbox, wording
from notifications.models import Channel, Lane, Message
from tests.factories import ChildFactory, OrganisationFactory
from tests.notifications.conftest import NOW

CHANNELS = [Channel.EMAIL, Channel.TEXT]


def hinted():
    """The lanes whose senders were woken."""
    keys = hints.connection().keys("mavis:hint:notifications.send_due:*")
    return {int(key.rsplit(b":", 1)[1]) for key in keys}


def test_a_message_is_a_waiting_row_as_it_was_given(new_message, nurse, parent):
    message = new_message(sent_by=nurse, parent=parent, session_id=7, lane=Lane.URGENT)
    assert outbox.queue_all([message], now=NOW) == 1
    saved = Message.objects.get()
    assert saved.status == Message.Status.WAITING
    for field in ["reference", "letter", "template", "recipient", "personalisation", "child_id"]:
        assert getattr(saved, field) == getattr(message, field)
    assert (saved.sent_by, saved.parent, saved.session_id) == (nurse, parent, 7)
    assert (saved.lane, saved.due_at, saved.created_at) == (Lane.URGENT, NOW, NOW)


def test_a_letter_goes_to_an_address_once(new_message):
    letter = uuid.uuid4()
    first = [new_message(letter=letter), new_message(letter=letter, channel=Channel.TEXT)]
    assert outbox.queue_all(first, now=NOW) == 2
    again = [new_message(letter=letter), new_message(letter=letter, recipient="b@example.com")]
    assert outbox.queue_all(again, now=NOW) == 1
    assert Message.objects.count() == 3


def test_any_number_is_queued_with_as_many_statements_as_batches(
    new_message, django_assert_num_queries
):
    few, many = ([new_message() for _ in range(number)] for number in (2, 50))
    with django_assert_num_queries(1):
        assert outbox.queue_all(few, now=NOW) == 2
    with django_assert_num_queries(1):
        assert outbox.queue_all(many, now=NOW) == 50


def test_nothing_to_queue_is_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert outbox.queue_all([], now=NOW) == 0


def test_a_message_that_nobody_has_written_is_refused(new_message):
    with pytest.raises(wording.UnknownWording):
        outbox.queue_all([new_message(template="birthday_card")], now=NOW)


def test_a_text_of_the_night_is_put_off_to_the_morning(queued):
    night = NOW.replace(hour=22)
    text = queued(channel=Channel.TEXT, recipient="+447700900123", due_at=night, now=night)
    assert text.due_at == NOW.replace(hour=8) + timedelta(days=1)
    assert queued(due_at=night, now=night).due_at == night


def test_i26_senders_are_woken_after_the_commit_and_not_before(
    new_message, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        outbox.queue_all([new_message(lane=Lane.URGENT)], now=NOW)
        assert hinted() == set()
    assert hinted() == {Lane.URGENT}


def test_nobody_is_woken_for_what_is_not_due_yet(new_message, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        outbox.queue_all([new_message(due_at=NOW + timedelta(seconds=1))], now=NOW)
    assert hinted() == set()


def test_a_broker_that_is_away_is_no_error(new_message, django_capture_on_commit_callbacks, caplog):
    hints.connection.cache_clear()
    with (
        override_settings(REDIS_URL="redis://127.0.0.1:1/0"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        outbox.queue_all([new_message()], now=NOW)
    hints.connection.cache_clear()
    assert Message.objects.count() == 1
    assert "waits for the sweep" in caplog.text


# Claiming.


def claim(most=50, lane=Lane.BULK, channels=CHANNELS, now=NOW):
    return claims.backlog(lanes=[lane], channels=channels, now=now).claim(most=most, now=now)


def test_a_claim_takes_the_oldest_due_and_marks_one_attempt(queued):
    late = queued(due_at=NOW - timedelta(hours=1))
    later = queued(due_at=NOW - timedelta(minutes=1))
    queued(due_at=NOW + timedelta(minutes=1))
    assert [message.pk for message in claim(most=1)] == [late.pk]
    assert [message.pk for message in claim()] == [later.pk]
    assert claim() == []
    late.refresh_from_db()
    assert (late.status, late.attempts, late.claimed_at) == ("claimed", 1, NOW)
    assert late.claim and late.key_type == "live" and late.notify_service


def test_a_lane_and_closed_channels_stay_apart(queued):
    queued(lane=Lane.URGENT)
    queued(channel=Channel.TEXT, recipient="+447700900123")
    assert claim(channels=[Channel.EMAIL]) == []
    assert claim(channels=[]) == []
    assert len(claim(lane=Lane.URGENT)) == 1
    assert len(claim(channels=[Channel.TEXT])) == 1


def test_every_organisation_gets_its_share_of_each_claim(new_message, db):
    children = [ChildFactory(organisation=OrganisationFactory()) for _ in range(3)]
    lots = [
        new_message(child=child, organisation=child.organisation, due_at=NOW - timedelta(hours=age))
        for child, number, age in zip(children, (300, 20, 20), (3, 2, 1), strict=True)
        for _ in range(number)
    ]
    outbox.queue_all(lots, now=NOW)
    claimed = [message.organisation_id for message in claim(most=30)]
    assert [claimed.count(child.organisation_id) for child in children] == [10, 10, 10]


def test_urgent_messages_fill_a_claim_before_bulk(new_message):
    outbox.queue_all([new_message(due_at=NOW - timedelta(days=1)) for _ in range(30)], now=NOW)
    outbox.queue_all([new_message(lane=Lane.URGENT) for _ in range(30)], now=NOW)
    backlog = claims.backlog(lanes=Lane.values, channels=CHANNELS, now=NOW)
    lanes = [[message.lane for message in backlog.claim(most=20, now=NOW)] for _ in range(3)]
    assert lanes == [[Lane.URGENT] * 20, [Lane.URGENT] * 10 + [Lane.BULK] * 10, [Lane.BULK] * 20]


def test_a_backlog_is_true_while_it_has_something_due(queued):
    def is_due(**changes):
        asked = {"lanes": [Lane.BULK], "channels": CHANNELS, "now": NOW} | changes
        return bool(claims.backlog(**asked))

    assert not is_due()
    queued()
    assert is_due()
    assert not is_due(channels=[])
    assert not is_due(lanes=[Lane.URGENT])
    assert not is_due(now=NOW - timedelta(seconds=1))
    backlog = claims.backlog(lanes=[Lane.BULK], channels=CHANNELS, now=NOW)
    assert len(backlog.claim(most=5, now=NOW)) == 1
    assert backlog.claim(most=5, now=NOW) == []
    assert not backlog


def test_a_claimed_message_brings_what_is_read_of_it_until_it_has_settled(
    queued, django_assert_num_queries
):
    queued()
    [claimed] = claim()
    with django_assert_num_queries(0):
        brought = {
            field.attname: getattr(claimed, field.attname)
            for field in Message._meta.concrete_fields
            if field.attname == "claimed_at" or field.attname not in claims.UNREAD
        }
    assert brought == Message.objects.values(*brought).get(pk=claimed.pk)


def test_what_comes_back_to_a_queue_is_in_the_next_backlog(queued):
    first, second = queued(), queued()
    backlog = claims.backlog(lanes=[Lane.BULK], channels=CHANNELS, now=NOW)
    assert backlog.claim(most=1, now=NOW) == [first]
    Message.objects.filter(pk=first.pk).update(status="waiting", claim=None)
    assert backlog.claim(most=5, now=NOW) == [second]
    assert claim() == [first]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_failure_17_two_senders_never_hold_the_same_message(new_message):
    outbox.queue_all([new_message() for _ in range(40)], now=NOW)
    with transaction.atomic():
        mine = claim(most=20)
        from_another_connection = _claim_elsewhere()
    assert len(mine) == 20
    assert len(from_another_connection) == 20
    assert not {message.pk for message in mine} & set(from_another_connection)


def _claim_elsewhere():
    def work():
        try:
            return [message.pk for message in claim()]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()
