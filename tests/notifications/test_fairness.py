"""Who goes first: urgent messages before bulk, nobody long behind another's mailing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import claims
from notifications.models import Channel, Lane, Message
from tests.factories import ChildFactory, OrganisationFactory
from tests.notifications.conftest import NOW

A_CLAIM = 20
COPIES = """
INSERT INTO notifications_message (reference, letter, template, channel, recipient,
    personalisation, organisation_id, child_id, lane, status, due_at, created_at)
SELECT gen_random_uuid(), gen_random_uuid(), 'clinic_initial_invitation', %s, 'a@example.com',
    '{}', %s, %s, %s, %s, %s, %s FROM generate_series(1, %s)
"""


def write(child, count, *, channel=Channel.EMAIL, lane=Lane.BULK, status="waiting", due_at=NOW):
    """So many messages of the child's organisation."""
    with connection.cursor() as cursor:
        cursor.execute(
            COPIES,
            [channel, child.organisation_id, child.pk, lane, status, due_at, NOW, count],
        )


def claimed(backlog, most=A_CLAIM):
    return backlog.claim(most=most, now=NOW)


def backlog():
    return claims.backlog(lanes=list(Lane), channels=Channel.values, now=NOW)


@pytest.fixture
def elsewhere(db):
    return ChildFactory(organisation=OrganisationFactory())


def claims_until_done(child):
    """How many messages had been claimed in all when the last one of the child's organisation was,
    each from a backlog looked up anew, as after a second."""
    total = 0
    waiting = Message.objects.filter(organisation=child.organisation_id, status="waiting")
    while waiting.exists():
        total += len(claimed(backlog()))
    return total


@pytest.mark.parametrize("theirs", [[Channel.EMAIL], Channel.values])
@pytest.mark.parametrize("ours", [[Channel.EMAIL], Channel.values])
def test_nobody_waits_longer_than_twice_their_share_behind_a_great_mailing(
    child, elsewhere, theirs, ours
):
    for channel in theirs:
        write(elsewhere, 2500, channel=channel, due_at=NOW - timedelta(hours=1))
    for channel in ours:
        write(child, 100 // len(ours), channel=channel)
    # Alone they would take 100 turns of the allowance; of two, each has every second turn.
    assert claims_until_done(child) <= 2 * 100 + A_CLAIM


def test_a_third_organisation_takes_from_both_others_alike(child, elsewhere):
    third = ChildFactory(organisation=OrganisationFactory())
    for each, count in ((elsewhere, 2500), (third, 2500), (child, 60)):
        write(each, count)
    assert claims_until_done(child) <= 3 * 60 + 2 * A_CLAIM
    taken = {
        each: Message.objects.filter(
            organisation=each.organisation_id, status=Message.Status.CLAIMED
        ).count()
        for each in (elsewhere, third)
    }
    assert taken[elsewhere] == taken[third]


def test_late_joiners_and_replies_pass_everything_that_waits(child, elsewhere):
    write(elsewhere, 2500, due_at=NOW - timedelta(days=1))
    write(child, 30, lane=Lane.URGENT)
    first, second = claimed(backlog()), claimed(backlog())
    assert {message.lane for message in first} == {Lane.URGENT}
    assert [message.lane for message in second].count(Lane.URGENT) == 10


def test_what_is_not_due_waits_and_takes_nobodys_turn(child, elsewhere):
    write(elsewhere, 50, due_at=NOW + timedelta(seconds=1))
    write(child, 50)
    assert {message.child_id for message in claimed(backlog())} == {child.pk}
    assert claims_until_done(child) == 30


def test_a_claim_reads_no_message_that_has_been_sent(child, elsewhere):
    """The planner once took the index of all messages of an organisation, sent ones included."""
    write(child, 5000, status="rejected", due_at=NOW - timedelta(days=1))
    write(child, 200)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_message")
    with CaptureQueriesContext(connection) as queries:
        claimed(backlog())
    plans = [plan_of(query["sql"]) for query in queries if "FROM queues" in query["sql"]]
    plans += [plan_of(query["sql"]) for query in queries if "FROM picked" in query["sql"]]
    assert len(plans) == 2
    for plan in plans:
        assert "message_waiting" in plan
        assert "message_by_due_time" not in plan
        assert "Seq Scan on notifications_message" not in plan


def plan_of(statement):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(line for (line,) in cursor.fetchall())
