"""The sessions of an academic year appear for every school and for the clinic."""

from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cohorts.models import Location
from programmes.models import OrganisationProgramme
from sessions_app import services
from sessions_app.models import Session
from tests.factories import OrganisationFactory, SchoolFactory, TeamFactory

NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)


def programmes_of(place):
    return set(
        Session.objects.get(location=place, academic_year=2026).programmes.values_list(
            "key", flat=True
        )
    )


@pytest.fixture
def team(organisation):
    return TeamFactory(organisation=organisation)


def ensure(organisation, year=2026):
    return services.ensure_sessions(organisation, year, now=NOW)


def test_a_school_gets_just_the_programmes_of_its_year_groups(team):
    OrganisationProgramme.objects.create(organisation=team.organisation, programme_id="flu")
    secondary = SchoolFactory(team=team)
    primary = SchoolFactory(team=team, register_year_groups=[0, 1, 2, 3, 4, 5, 6])
    assert ensure(team.organisation) == 3
    assert programmes_of(secondary) == {"hpv", "flu"}
    assert programmes_of(primary) == {"flu"}


def test_the_clinic_is_one_session_with_all_programmes(team):
    OrganisationProgramme.objects.create(organisation=team.organisation, programme_id="flu")
    ensure(team.organisation)
    clinic = Session.objects.clinics().get()
    assert clinic.location.name == "Community clinic"
    assert programmes_of(clinic.location) == {"hpv", "flu"}


def test_a_school_that_teaches_nobody_due_has_no_session(team):
    SchoolFactory(team=team, register_year_groups=[1, 2])
    assert ensure(team.organisation) == 1


@pytest.mark.parametrize(
    ("status", "made"), [("open", 2), ("closing", 2), ("closed", 1), ("proposed", 1)]
)
def test_only_open_schools_have_sessions(team, status, made):
    SchoolFactory(team=team, status=status)
    assert ensure(team.organisation) == made


def test_schools_of_nobody_and_of_others_are_left_alone(team, elsewhere):
    SchoolFactory(team=None)
    SchoolFactory(team__organisation=elsewhere)
    assert ensure(team.organisation) == 1


def test_again_makes_nothing(team):
    SchoolFactory(team=team)
    assert [ensure(team.organisation) for _ in range(3)] == [2, 0, 0]
    assert Location.objects.filter(kind=Location.Kind.GENERIC_CLINIC).count() == 1


def test_a_new_programme_joins_open_sessions_and_nothing_is_taken_away(team):
    school, closed = SchoolFactory(team=team), SchoolFactory(team=team)
    ensure(team.organisation)
    Session.objects.filter(location=closed).update(closed_at=NOW)
    OrganisationProgramme.objects.create(organisation=team.organisation, programme_id="flu")
    OrganisationProgramme.objects.filter(programme_id="hpv").delete()
    ensure(team.organisation)
    assert programmes_of(school) == {"hpv", "flu"}
    assert programmes_of(closed) == {"hpv"}


def test_a_clinic_needs_no_team_to_be_there_first(organisation):
    ensure(organisation)
    assert Session.objects.clinics().get().location.team.email == organisation.email


def test_e41_next_year_is_made_from_1_august_and_last_year_stays(team):
    SchoolFactory(team=team)
    services.ensure_all_sessions(now=datetime(2027, 7, 31, 12, tzinfo=UTC))
    assert set(Session.objects.values_list("academic_year", flat=True)) == {2026}
    services.ensure_all_sessions(now=datetime(2027, 8, 1, 12, tzinfo=UTC))
    assert set(Session.objects.values_list("academic_year", flat=True)) == {2026, 2027}


def test_queries_do_not_grow_with_schools(team):
    def making(number):
        for _ in range(number):
            SchoolFactory(team=team)
        with CaptureQueriesContext(connection) as queries:
            ensure(team.organisation)
        return len(queries)

    ensure(team.organisation)
    assert making(2) == making(50)


def test_an_operator_who_gives_a_school_to_a_team_makes_its_session(team, superuser_client):
    school = SchoolFactory(team=None)
    fields = {
        "kind": school.kind,
        "name": school.name,
        "urn": school.urn,
        "phase": school.phase,
        "status": school.status,
        "register_year_groups": "7,8,9",
        "team": team.pk,
    }
    address = f"/admin/cohorts/location/{school.pk}/change/"
    assert superuser_client.post(address, fields).status_code == 302
    assert Session.objects.filter(location=school, organisation=team.organisation).exists()
    assert Session.objects.clinics().exists()


def test_an_operator_who_adds_a_programme_makes_the_sessions(team, superuser_client):
    school = SchoolFactory(team=team, register_year_groups=[1])
    fields = {"organisation": team.organisation_id, "programme": "flu"}
    response = superuser_client.post("/admin/programmes/organisationprogramme/add/", fields)
    assert response.status_code == 302
    assert Session.objects.filter(location=school).exists()


def test_an_operator_may_take_a_school_from_every_team(superuser_client):
    school = SchoolFactory()
    fields = {
        "kind": school.kind,
        "name": school.name,
        "urn": school.urn,
        "phase": school.phase,
        "status": school.status,
        "register_year_groups": "7",
        "team": "",
    }
    address = f"/admin/cohorts/location/{school.pk}/change/"
    assert superuser_client.post(address, fields).status_code == 302
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_at_once_make_one_clinic():
    organisation = OrganisationFactory(programmes=[])
    together = Barrier(2)

    def make():
        try:
            together.wait()
            ensure(organisation)
        finally:
            connection.close()

    threads = [Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Session.objects.clinics().count() == 1
    assert Location.objects.filter(kind=Location.Kind.GENERIC_CLINIC).count() == 1
