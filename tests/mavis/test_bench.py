"""The benchmarks measure what they say, tried here on a small cohort."""

from datetime import UTC, datetime

import pytest

from bench import claims, consent, pages, planning, report
from bench.cohort import clinic_due_to_invite, clinic_of
from cohorts.models import Child
from consent.models import OnlineResponse
from mavis.local import benchmarks
from mavis.local.console import Refusal
from notifications.models import Message
from sessions_app import invitations, statuses
from sessions_app.models import Membership
from tests.factories import ChildFactory, ParentFactory


def finding(**fields) -> report.Finding:
    fields = {"ours": 60.0, "floor": 100.0, "ratio": 0.6, "at_least": 0.5} | fields
    return report.Finding(benchmark="planning", unit="letters a second", **fields)


def test_a_finding_holds_when_near_enough_and_nothing_went_wrong():
    assert finding().holds
    assert not finding(ratio=0.49).holds
    assert finding(must_be_zero={"sent twice": 0}).holds
    assert not finding(must_be_zero={"sent twice": 1}).holds


def test_a_finding_survives_being_written_as_json():
    found = finding(must_be_zero={"sent twice": 1}, details={"letters": 3})
    assert report.from_json(report.as_json([found])) == found


def test_the_table_shows_each_finding_and_what_was_seen():
    lines = report.table([finding(details={"letters": 3}), finding(ratio=0.1)]).splitlines()
    assert lines[1].split() == [
        *("planning", "60.0", "100.0", "letters", "a", "second", "0.60", "0.50", "holds"),
    ]
    assert lines[2].strip() == "letters: 3"
    assert lines[3].endswith("FAILS")


def test_a_benchmark_that_is_not_there_is_refused():
    with pytest.raises(Refusal, match="There is no benchmark flying; there are planning, "):
        benchmarks.run(["flying"])


def test_the_clinic_is_due_to_invite_at_least_so_many(db):
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    clinic = clinic_due_to_invite(50, now=now)
    reasons = Membership.objects.filter(session=clinic).values_list("reason", flat=True)
    assert set(reasons) == {Membership.Reason.HOME_EDUCATED}
    assert invitations.plan(now=now, session_ids=[clinic.pk]) >= 50


def test_the_cohort_is_stored_as_the_service_itself_would_store_it(db):
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    clinic_of(120, now=now)
    children = list(Child.objects.all())
    assert len(children) == 120
    assert list(statuses.stale([child.pk for child in children], today=now.date())) == []
    for child in children:
        stored = {name: getattr(child, name) for name in Child.DERIVED}
        child.derive()
        assert {name: getattr(child, name) for name in Child.DERIVED} == stored
    # The next child and parent that the service adds take a number that is free.
    ChildFactory()
    ParentFactory()


@pytest.mark.django_db(transaction=True)
def test_planning_measures_what_is_written_and_that_nobody_writes_more():
    found = planning.measure(letters=60)
    assert found.must_be_zero == {
        "rows that planning again wrote": 0,
        "letters fewer than asked for": 0,
        "rows more or fewer of twenty planners": 0,
    }
    assert found.details["letters"] >= 60
    assert found.details["messages"] == Message.objects.count()
    assert found.ours > 0
    assert found.floor > 0


def test_the_million_is_measured_in_one_round(db):
    found = planning.measure_million(children=60)
    assert found.details["letters"] >= 54
    assert found.must_be_zero["rows that planning again wrote"] == 0
    assert found.ratio > 0


def test_each_page_of_the_service_is_measured(db):
    found = pages.measure(children=60, examples=1, rounds=1)
    assert found.must_be_zero["addresses that did not answer with a page"] == 0
    assert found.details["addresses"] > 20
    assert found.ours > 0


def test_the_tabs_of_consent_are_measured_with_answers_in_them(db):
    found = consent.measure_lists(children=20)
    assert found.details["have answered"] > 5
    assert found.ours > 0


def test_each_page_of_the_parents_form_is_measured(db):
    found = consent.measure_parents(rounds=1)
    assert OnlineResponse.objects.count() == len(consent.FORMS)
    assert found.details["pages read or sent"] > 100
    assert found.ours > 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_claims_measures_batches_of_a_queue_that_is_longer(db):
    found = claims.measure(waiting=400, batches=2)
    assert found.details["waiting"] >= 400
    assert found.ours > 0
    assert found.floor > 0
    waiting = Message.objects.filter(status=Message.Status.WAITING)
    assert waiting.count() == found.details["waiting"], "everything is put back"
