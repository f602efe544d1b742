"""What a page may show of a child's activity log."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from activity import selectors, services
from activity.models import Entry
from tests import factories

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 12, 12, tzinfo=UTC)


@pytest.fixture
def child(organisation):
    return factories.ChildFactory(organisation=organisation)


def record(child, title, *, at=NOON, kind=Entry.Kind.RECORD, **fields):
    fields.setdefault("organisation_id", child.organisation_id)
    services.record(child_id=child.pk, kind=kind, title=title, now=at, **fields)


def titles(log):
    return [entry.title for day in log.days for entry in day.entries]


def test_entries_are_grouped_by_london_day_newest_first(child, organisation):
    record(child, "Before midnight", at=datetime(2027, 6, 1, 22, 59, tzinfo=UTC))
    record(child, "After midnight in summer", at=datetime(2027, 6, 1, 23, 30, tzinfo=UTC))
    record(child, "Long ago")
    log = selectors.child_log(child=child, organisation=organisation)
    assert [day.day for day in log.days] == [date(2027, 6, 2), date(2027, 6, 1), date(2027, 1, 12)]
    assert titles(log) == ["After midnight in summer", "Before midnight", "Long ago"]


def test_entries_of_one_instant_come_last_written_first(child, organisation):
    record(child, "First")
    record(child, "Second")
    assert titles(selectors.child_log(child=child, organisation=organisation)) == [
        "Second",
        "First",
    ]


@pytest.mark.parametrize(("restricted", "body"), [(False, "mum@example.com"), (True, "")])
def test_addresses_of_a_sensitive_record_are_hidden(child, organisation, restricted, body):
    child.restricted_at = NOON if restricted else None
    record(child, "Sent", body="mum@example.com", is_contact_detail=True)
    record(child, "Noted", body="plain words")
    [day] = selectors.child_log(child=child, organisation=organisation).days
    assert [entry.body for entry in day.entries] == ["plain words", body]


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        ("+447700900123", "07700 900123"),
        ("+447700900123: It is no longer in use.", "07700 900123: It is no longer in use."),
        ("ann+447700900123@example.com", "ann+447700900123@example.com"),
    ],
)
def test_numbers_read_as_people_write_them(child, organisation, kept, read):
    record(child, "Text sent", body=kept, is_contact_detail=True)
    [day] = selectors.child_log(child=child, organisation=organisation).days
    assert [entry.body for entry in day.entries] == [read]


def test_the_actor_reads_as_the_name_it_had(child, organisation, nurse):
    record(child, "By hand", by=nurse)
    nurse.given_name = "Renamed"
    nurse.save()
    [day] = selectors.child_log(child=child, organisation=organisation).days
    assert [entry.actor for entry in day.entries] == ["Nadia Nurse"]


def test_consent_16_what_counts_no_more_is_told_with_the_last_word_on_it(child, organisation):
    one, other = uuid4(), uuid4()
    record(child, "Consent given by Mum", subject=one)
    record(child, "Consent given by Dad", subject=other)
    record(child, "Consent from Mum withdrawn", subject=one, voids="Withdrawn")
    record(child, "Consent from Mum invalidated", subject=one, voids="Invalid")
    record(child, "Another event")
    [day] = selectors.child_log(child=child, organisation=organisation).days
    assert [(entry.title, entry.voided) for entry in day.entries] == [
        ("Another event", ""),
        ("Consent from Mum invalidated", ""),
        ("Consent from Mum withdrawn", ""),
        ("Consent given by Dad", ""),
        ("Consent given by Mum", "Invalid"),
    ]


def test_another_organisations_entries_and_other_children_are_left_out(
    child, organisation, elsewhere
):
    record(child, "Ours")
    record(child, "Nobody's", organisation_id=None)
    record(child, "Theirs", organisation_id=elsewhere.pk)
    record(factories.ChildFactory(organisation=organisation), "Another child")
    log = selectors.child_log(child=child, organisation=organisation)
    assert titles(log) == ["Nobody's", "Ours"]


def test_a_session_leaves_out_the_comings_and_goings_of_others(child, organisation):
    record(child, "Joined here", kind=Entry.Kind.ADDED_TO_SESSION, session_id=1)
    record(child, "Joined elsewhere", kind=Entry.Kind.ADDED_TO_SESSION, session_id=2)
    record(child, "Joined somewhere", kind=Entry.Kind.ADDED_TO_SESSION)
    record(child, "Written to elsewhere", kind=Entry.Kind.MESSAGE_SENT, session_id=2)
    log = selectors.child_log(child=child, organisation=organisation, session_id=1)
    assert titles(log) == ["Written to elsewhere", "Joined here"]


@pytest.mark.parametrize(
    ("number", "shown"), [("1", 50), ("2", 3), ("9", 3), ("0", 3), ("x", 50), ("", 50)]
)
def test_the_log_is_paged_and_forgives_odd_page_numbers(child, organisation, number, shown):
    services.record_all(
        services.entry(
            child_id=child.pk, kind=Entry.Kind.RECORD, title=f"{n}", now=NOON, organisation_id=None
        )
        for n in range(53)
    )
    log = selectors.child_log(child=child, organisation=organisation, page_number=number)
    assert len(titles(log)) == shown


def test_the_number_of_queries_does_not_grow(child, organisation, django_assert_num_queries):
    for count in (2, 48):
        for n in range(count):
            record(child, f"{n}")
        with django_assert_num_queries(3):
            selectors.child_log(child=child, organisation=organisation)
