"""Every child of a session is in one group, and the counts are those of the lists."""

from datetime import UTC, date, datetime

import pytest

from programmes.models import Programme
from sessions_app.choices import ConsentStatus
from sessions_app.consent_groups import (
    BY_URGENCY,
    LeftOut,
    children_by_consent,
    children_in_group,
    consent_counts,
    consent_counts_by_programme,
    left_out_of_groups,
)
from sessions_app.models import ProgrammeStatus
from sessions_app.selectors.counts import members
from tests import factories

pytestmark = pytest.mark.django_db


def member(session, *, year_group=9, **consents):
    """A child of the session with these statuses by programme."""
    child = factories.MembershipFactory(
        session=session, child__birth_academic_year=2026 - 5 - year_group
    ).child
    for programme, consent in consents.items():
        ProgrammeStatus.objects.create(
            child=child, programme_id=programme, academic_year=2026, consent=consent
        )
    return child


def groups(session, programmes):
    return dict(children_by_consent(session, programmes).values_list("pk", "consent"))


@pytest.fixture
def session(organisation):
    return factories.ClinicSessionFactory(organisation=organisation, programmes=["hpv", "menacwy"])


@pytest.fixture
def hpv():
    return list(Programme.objects.filter(key="hpv"))


@pytest.fixture
def both():
    return list(Programme.objects.filter(key__in=["hpv", "menacwy"]))


@pytest.mark.parametrize("consent", ConsentStatus.values)
def test_with_one_programme_the_group_is_its_status(session, hpv, consent):
    child = member(session, hpv=consent, menacwy="refused")
    assert groups(session, hpv) == {child.pk: consent}


@pytest.mark.parametrize("programmes", ["hpv", "both"])
def test_a_child_without_any_status_has_no_response(session, programmes, request):
    child = member(session)
    assert groups(session, request.getfixturevalue(programmes)) == {child.pk: "no_response"}


@pytest.mark.parametrize(
    ("hpv_consent", "menacwy_consent", "group"),
    [
        ("given", "given", "given"),
        ("given", "no_response", "no_response"),
        ("not_required", "not_required", "not_required"),
        ("not_required", "given", "given"),
        ("not_required", "refused", "refused"),
        ("not_required", "no_response", "no_response"),
        ("given", "refused", "refused"),
        ("refused", "no_response", "no_response"),
        ("given", "conflicts", "conflicts"),
        ("no_response", "follow_up", "follow_up"),
        ("no_response", "conflicts", "conflicts"),
        ("follow_up", "conflicts", "conflicts"),
    ],
)
def test_e32_with_several_programmes_a_child_stands_where_most_is_left_to_do(
    session, both, hpv_consent, menacwy_consent, group
):
    child = member(session, hpv=hpv_consent, menacwy=menacwy_consent)
    assert groups(session, both) == {child.pk: group}


def test_i10_a_programme_of_another_year_group_does_not_count(session, both):
    child = member(session, year_group=8, hpv="given", menacwy="no_response")
    assert groups(session, both) == {child.pk: "given"}


def test_a_child_in_no_year_group_of_the_programmes_is_in_no_group(session, hpv, both):
    member(session, year_group=7, hpv="no_response", menacwy="no_response")
    assert groups(session, hpv) == groups(session, both) == {}
    assert set(consent_counts(session, hpv).values()) == {0}


def test_i33_the_status_of_another_year_does_not_count(session, hpv):
    child = member(session)
    ProgrammeStatus.objects.create(
        child=child, programme_id="hpv", academic_year=2025, consent="given"
    )
    assert groups(session, hpv) == {child.pk: "no_response"}


@pytest.mark.parametrize("programmes", ["hpv", "both"])
def test_i32_counts_equal_lists_and_count_each_child_once(session, programmes, request):
    programmes = request.getfixturevalue(programmes)
    for consent in ConsentStatus.values:
        member(session, hpv=consent, menacwy=consent)
        member(session, hpv=consent)
    factories.MembershipFactory(
        session=session, left_at="2026-10-01T09:00Z", left_because="Moved to another place"
    )
    factories.MembershipFactory()
    listed = list(groups(session, programmes).values())
    counts = consent_counts(session, programmes)
    assert counts == {status: listed.count(status.value) for status in ConsentStatus}
    assert sum(counts.values()) == len(listed) == 2 * len(ConsentStatus)
    for status in ConsentStatus:
        assert children_in_group(session, programmes, status).count() == counts[status]


def test_every_status_has_its_place_among_several_programmes():
    assert sorted(BY_URGENCY) == sorted(ConsentStatus)


def test_counting_takes_one_query(session, both, django_assert_num_queries):
    member(session, hpv="given", menacwy="given")
    with django_assert_num_queries(1):
        consent_counts(session, both)


def test_e32_each_programme_is_counted_as_if_it_were_alone(
    session, both, django_assert_num_queries
):
    for consent in ConsentStatus.values:
        member(session, hpv=consent, menacwy="given")
    member(session, hpv="conflicts")
    member(session)
    # HPV is offered from Year 8 and MenACWY from Year 9: what is known of the latter is no matter.
    member(session, year_group=8, hpv="refused", menacwy="refused")
    member(session, year_group=7, hpv="given")
    factories.MembershipFactory()

    with django_assert_num_queries(2):
        counts = consent_counts_by_programme(session, both)

    assert counts == {one: consent_counts(session, [one]) for one in both}
    found = {one.key: sizes for one, sizes in counts.items()}
    assert found["hpv"][ConsentStatus.CONFLICTS] == found["hpv"][ConsentStatus.REFUSED] == 2
    assert found["menacwy"][ConsentStatus.GIVEN] == len(ConsentStatus)
    assert found["menacwy"][ConsentStatus.NO_RESPONSE] == 2
    assert found["menacwy"][ConsentStatus.REFUSED] == 0


@pytest.mark.parametrize("programmes", ["hpv", "both"])
def test_i32_the_groups_and_those_left_out_are_all_children_of_the_session(
    session, programmes, request
):
    programmes = request.getfixturevalue(programmes)
    member(session, hpv="given")
    member(session)
    died, died_older = member(session), member(session, year_group=13)
    for child in (died, died_older):
        child.date_of_death = date(2026, 10, 1)
        child.save()
    invalid = member(session)
    invalid.invalidated_at = datetime(2026, 10, 1, tzinfo=UTC)
    invalid.save()
    member(session, year_group=3)
    gone = member(session)
    gone.memberships.update(left_at=datetime(2026, 10, 1, tzinfo=UTC), left_because="Moved")

    left_out = left_out_of_groups(session, programmes)

    assert left_out == LeftOut(deceased=2, other_year_group=1)
    counted = sum(consent_counts(session, programmes).values())
    assert counted + left_out.total == members(session).count() == 6
