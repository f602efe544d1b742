"""What the stored statuses learn from responses."""

from datetime import UTC, date, datetime

import pytest

from consent import facts
from tests import factories

pytestmark = pytest.mark.django_db

TODAY = date(2027, 1, 12)
LATER = datetime(2027, 1, 12, 9, tzinfo=UTC)
TRIAGE = [{"question": "severe_allergies", "yes": True, "calls_for_triage": True}]
NO_TRIAGE = [{"question": "extra_support", "yes": True, "calls_for_triage": False}]


def test_facts_speak_of_each_child_and_programme_with_an_answer():
    given = factories.ResponseFactory()
    refused = factories.ResponseFactory(programme_id="mmr", decision="refused", reason="personal")
    silent = factories.ChildFactory()
    ids = [given.child_id, refused.child_id, silent.pk]
    assert facts.consent_facts(ids, 2026, TODAY) == {
        (given.child_id, "hpv"): "given",
        (refused.child_id, "mmr"): "refused",
    }
    assert facts.consent_facts(ids, 2025, TODAY) == {}
    assert facts.consent_facts([silent.pk], 2026, TODAY) == {}


@pytest.mark.parametrize(
    ("answers", "triage"), [([], "not_needed"), (TRIAGE, "needed"), (NO_TRIAGE, "not_needed")]
)
def test_a_yes_that_calls_for_triage_needs_it(answers, triage):
    response = factories.ResponseFactory(health_answers=answers)
    assert facts.triage_facts([response.child_id], 2026, TODAY) == {
        (response.child_id, "hpv"): triage
    }


def test_a_withdrawn_consent_counts_as_refused_and_an_invalid_one_not_at_all():
    withdrawn = factories.ResponseFactory(withdrawn_at=LATER)
    invalid = factories.ResponseFactory(invalidated_at=LATER)
    assert facts.consent_facts([withdrawn.child_id, invalid.child_id], 2026, TODAY) == {
        (withdrawn.child_id, "hpv"): "refused",
        (invalid.child_id, "hpv"): "no_response",
    }


def test_facts_take_one_query_however_many_children(django_assert_num_queries):
    ids = [factories.ResponseFactory().child_id for _ in range(3)]
    for asked in (ids[:1], ids):
        with django_assert_num_queries(1):
            facts.consent_facts(asked, 2026, TODAY)
