"""The demo is made up, whole, always the same, and never in the way of the sample files."""

import csv
import io
from datetime import UTC, date, datetime
from itertools import islice

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test.utils import override_settings

from accounts.models import Organisation, Role, User
from activity.models import Entry
from cohorts.formats import parse_nhs_number, parse_phone, parse_postcode
from cohorts.models import Child, Location, Parent, ParentRelationship
from cohorts.search import fold
from mavis.demo import people
from mavis.demo.organisations import PASSWORD
from mavis.demo.services import make_demo
from mavis.local.run import DEMO_PASSWORD, DEMO_USERS
from notifications.models import Message
from sessions_app.models import Membership, ProgrammeStatus, Session, SessionDate

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SAMPLES = settings.BASE_DIR / "sample_data"
COUNTED = [
    Organisation,
    User,
    Location,
    Child,
    Parent,
    ParentRelationship,
    Session,
    Membership,
    ProgrammeStatus,
    Entry,
]


def some_families(at_least: int) -> list[people.Family]:
    return list(
        people.families(
            people.HERE, at_least=at_least, academic_year=2026, year_groups=[8, 9, 10, 11]
        )
    )


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in COUNTED}


def test_a_family_is_the_same_however_many_are_made():
    assert some_families(200)[:50] == list(islice(some_families(500), 50))


def test_families_are_plausible_and_varied():
    families = some_families(1000)
    children = [child for family in families for child in family.children]
    parents = [parent for family in families for parent in family.parents]
    assert len({child.nhs_number for child in children}) == len(children)
    assert {len(family.children) for family in families} == {1, 2, 3}
    assert {len(family.parents) for family in families} == {0, 1, 2}
    assert {child.schooling for child in children} == {"school", "home", "unknown"}
    assert {child.year_group for child in children} == {8, 9, 10, 11}
    assert {(bool(parent.email), bool(parent.phone)) for parent in parents} == {
        (True, True),
        (True, False),
        (False, True),
        (False, False),
    }
    for family in families:
        assert len({child.given_name for child in family.children}) == len(family.children)
    for child in children:
        assert parse_nhs_number(child.nhs_number) == child.nhs_number
        first_september = date(2026 - child.year_group - 5, 9, 1)
        assert (
            first_september
            <= child.date_of_birth
            < first_september.replace(year=first_september.year + 1)
        )
    for parent in parents:
        if parent.phone:
            assert parse_phone(parent.phone, allows_drama=True) == parent.phone
    assert all(parse_postcode(family.postcode) == family.postcode for family in families)


@pytest.mark.parametrize(
    "name", ["nominal-roll.csv", "class-list-142339.csv", "vaccination-history.csv"]
)
def test_no_child_of_the_sample_files_is_among_the_demo(name):
    """Neither by NHS number nor by name, so that a sample file is wholly new beside the demo."""
    families = some_families(20_000)
    numbers = {child.nhs_number for family in families for child in family.children}
    names = {fold(word) for word in people.NAMES["families"]}
    with (SAMPLES / name).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            assert (row.get("CHILD_NHS_NUMBER") or row.get("NHS_NUMBER")) not in numbers
            assert fold(row.get("CHILD_LAST_NAME") or row["PERSON_SURNAME"]) not in names


@pytest.mark.django_db
class TestMakingTheDemo:
    def test_a_second_run_changes_nothing(self):
        assert make_demo(at_least=40, now=NOW) >= 40
        first = counts()
        assert make_demo(at_least=40, now=NOW) == 0
        assert counts() == first

    def test_more_children_join_those_that_are_there(self):
        made = make_demo(at_least=30, now=NOW)
        more = make_demo(at_least=60, now=NOW)
        here = Organisation.objects.get(ods_code="RYG")
        elsewhere = Organisation.objects.get(ods_code="RXX")
        assert here.children.count() >= 60
        assert here.children.count() + elsewhere.children.count() == made + more

    def test_every_child_is_in_the_session_where_they_belong(self):
        make_demo(at_least=120, now=NOW)
        memberships = Membership.objects.select_related("child", "session__location")
        assert memberships.count() == Child.objects.count()
        for membership in memberships:
            if membership.child.school_id:
                assert membership.session.location_id == membership.child.school_id
            else:
                assert membership.session.is_clinic
        assert set(memberships.values_list("reason", flat=True)) == {
            Membership.Reason.AT_SCHOOL,
            Membership.Reason.HOME_EDUCATED,
            Membership.Reason.UNKNOWN_SCHOOL,
        }

    def test_the_community_clinic_waits_to_be_scheduled(self):
        make_demo(at_least=10, now=NOW)
        clinic = Session.objects.clinics().get(organisation__ods_code="RYG")
        assert clinic.location.name == "Community clinic"
        assert clinic.academic_year == 2026
        assert not clinic.all_dates.exists()

    def test_one_school_that_no_sample_file_names_is_visited_today(self):
        make_demo(at_least=10, now=NOW)
        [visit] = SessionDate.objects.select_related("session__location")
        assert visit.value == date(2026, 11, 23)
        urn = visit.session.location.urn
        for name in ("nominal-roll.csv", "vaccination-history.csv"):
            with (SAMPLES / name).open(encoding="utf-8-sig", newline="") as file:
                assert all(urn not in row for row in csv.reader(file))
        assert not Message.objects.exists(), "and nobody is written to"

    def test_the_sign_ins_that_make_run_prints_work(self):
        make_demo(at_least=0, now=NOW)
        assert set(User.objects.values_list("email", flat=True)) == set(DEMO_USERS)
        assert DEMO_PASSWORD == PASSWORD
        for email in DEMO_USERS:
            assert authenticate(username=email, password=DEMO_PASSWORD)
        superuser = User.objects.get(email="superuser@example.com")
        assert superuser.is_superuser
        assert superuser.is_staff
        assert User.objects.get(email="admin@example.com").role == Role.ADMINISTRATOR


def test_the_demo_is_refused_in_production(db):
    with override_settings(IS_LOCAL=False), pytest.raises(CommandError, match="local run only"):
        call_command("seed_demo")
    assert not Organisation.objects.exists()


def test_a_number_of_children_out_of_range_is_refused(db):
    with pytest.raises(CommandError, match="must be from 0 to 500000"):
        call_command("seed_demo", "--children", "-1")


def test_the_command_says_what_it_made(db):
    said = io.StringIO()
    call_command("seed_demo", "--children", "0", stdout=said)
    call_command("seed_demo", "--children", "0", stdout=said)
    first, second = said.getvalue().splitlines()
    assert first.startswith("Made the demo with ")
    assert second == "The demo is there already."
