"""Stored statuses follow the facts."""

from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from programmes.models import OrganisationProgramme
from sessions_app import statuses
from sessions_app.models import ProgrammeStatus
from tests import factories

TODAY = date(2026, 11, 2)


def test_a_row_for_each_programme_of_the_organisation(organisation):
    OrganisationProgramme.objects.create(organisation=organisation, programme_id="menacwy")
    child = factories.RelationshipFactory(child__organisation=organisation).child
    assert statuses.refresh([child.pk], today=TODAY) == 2
    assert dict(child.statuses.values_list("programme_id", "exclusion")) == {
        "hpv": "",
        "menacwy": "year_group",
    }


def test_refreshing_again_changes_nothing(organisation):
    child = factories.ChildFactory(organisation=organisation)
    statuses.refresh([child.pk], today=TODAY)
    assert statuses.refresh([child.pk], today=TODAY) == 0


def test_i33_a_new_academic_year_has_rows_of_its_own(organisation):
    child = factories.ChildFactory(organisation=organisation)
    statuses.refresh([child.pk], today=date(2027, 8, 31))
    statuses.refresh([child.pk], today=date(2027, 9, 1))
    assert sorted(child.statuses.values_list("academic_year", flat=True)) == [2026, 2027]


def test_consent_9_3_rule_4_a_vaccination_hides_what_was_answered_and_changes_nothing_else(
    organisation, facts
):
    child = factories.RelationshipFactory(child__organisation=organisation).child
    pair = (child.pk, "hpv")
    answered = {"consent": {pair: "conflicts"}, "triage": {pair: "safe"}}

    def stored(vaccination):
        facts(vaccination={pair: vaccination}, **answered)
        statuses.refresh([child.pk], today=TODAY)
        row = child.statuses.get()
        return row.consent, row.triage, row.exclusion

    assert stored("vaccinated") == ("not_required", "safe", "vaccinated")
    assert stored("not_vaccinated") == ("conflicts", "safe", "conflicts")


def test_rows_of_a_programme_no_longer_run_go(organisation):
    child = factories.ChildFactory(organisation=organisation)
    statuses.refresh([child.pk], today=TODAY)
    OrganisationProgramme.objects.filter(organisation=organisation).delete()
    assert statuses.refresh([child.pk], today=TODAY) == 1
    assert not child.statuses.exists()


def test_the_same_queries_for_two_and_for_fifty(organisation):
    counts = []
    for size in (2, 50):
        children = factories.ChildFactory.create_batch(size, organisation=organisation)
        with CaptureQueriesContext(connection) as queries:
            statuses.refresh([child.pk for child in children], today=TODAY)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@time_machine.travel("2026-11-02T10:00Z")
def test_the_command_finds_and_mends_a_stale_status(organisation):
    child = factories.ChildFactory(organisation=organisation)
    with pytest.raises(CommandError, match="stale"):
        call_command("refresh_statuses", "--check", stderr=StringIO())
    call_command("refresh_statuses", stdout=StringIO())
    out = StringIO()
    call_command("refresh_statuses", "--check", stdout=out)
    assert "No stored status is stale" in out.getvalue()
    ProgrammeStatus.objects.filter(child=child).update(exclusion="deceased")
    with pytest.raises(CommandError, match="stale"):
        call_command("refresh_statuses", "--check", stderr=StringIO())


@pytest.fixture
def broken(monkeypatch):
    """Have the facts of these children raise whenever somebody asks for them."""

    def break_records(*children):
        broken = {child.pk for child in children}

        def facts(ids, year, today):
            if broken.intersection(ids):
                raise ValueError("9994712209")
            return {}

        monkeypatch.setattr(statuses, "_providers", [facts])

    return break_records


def test_a_broken_record_keeps_no_other_child_waiting(organisation, broken, monkeypatch, caplog):
    monkeypatch.setattr(statuses, "CHUNK", 4)
    children = [factories.ChildFactory(organisation=organisation) for _ in range(11)]
    broken(children[2], children[9])
    with pytest.raises(CommandError, match="2 children failed"):
        call_command("refresh_statuses")
    stored = set(ProgrammeStatus.objects.values_list("child_id", flat=True))
    assert {child.pk for child in children} - stored == {children[2].pk, children[9].pk}
    told = [record.getMessage() for record in caplog.records if "No statuses" in record.message]
    assert told == [
        f"No statuses for children {children[2].pk} to {children[2].pk}",
        f"No statuses for children {children[9].pk} to {children[9].pk}",
    ]


def test_where_all_are_broken_it_comes_to_an_end(organisation, broken, monkeypatch):
    monkeypatch.setattr(statuses, "MOST_HALVED", 3)
    children = [factories.ChildFactory(organisation=organisation) for _ in range(16)]
    broken(*children)
    with pytest.raises(CommandError, match="16 children failed"):
        call_command("refresh_statuses")


@given(st.lists(st.integers(1, 10**9)), st.integers(1, 7))
def test_chunks_hold_every_id_once_in_order(ids, size):
    parts = list(statuses.chunks(ids, size))
    assert [one for part in parts for one in part] == sorted(set(ids))
    assert all(len(part) <= size for part in parts)
