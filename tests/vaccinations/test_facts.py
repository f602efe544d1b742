"""What the stored statuses are told about vaccination."""

from datetime import UTC, date, datetime

from sessions_app.models import VaccinationStatus
from tests.factories import ChildFactory, UserFactory, VaccinationRecordFactory
from vaccinations.facts import vaccination_facts


def test_each_child_and_programme_with_a_record_has_a_fact(organisation):
    vaccinated, refused, without = ChildFactory.create_batch(3, organisation=organisation)
    VaccinationRecordFactory(child=vaccinated)
    VaccinationRecordFactory(child=vaccinated, programme_id="flu", performed_on=date(2025, 10, 1))
    VaccinationRecordFactory(child=refused, outcome="refused")

    facts = vaccination_facts([vaccinated.id, refused.id, without.id], 2026, date(2026, 11, 2))

    assert facts == {
        (vaccinated.id, "hpv"): VaccinationStatus.VACCINATED,
        (vaccinated.id, "flu"): VaccinationStatus.NOT_VACCINATED,
        (refused.id, "hpv"): VaccinationStatus.NOT_VACCINATED,
    }


def test_a_discarded_record_says_nothing(organisation):
    child = ChildFactory(organisation=organisation)
    VaccinationRecordFactory(
        child=child,
        discarded_at=datetime(2026, 10, 2, tzinfo=UTC),
        discarded_by=UserFactory(organisation=organisation),
    )
    assert vaccination_facts([child.id], 2026, date(2026, 11, 2)) == {}


def test_queries_do_not_grow_with_the_children(organisation, django_assert_num_queries):
    for size in (2, 50):
        children = ChildFactory.create_batch(size, organisation=organisation)
        for child in children:
            VaccinationRecordFactory(child=child)
        with django_assert_num_queries(2):
            assert (
                len(vaccination_facts([child.id for child in children], 2026, date(2026, 11, 2)))
                == size
            )
