"""The Children page: search, filters, what is hidden."""

from datetime import UTC, date, datetime

import pytest

from sessions_app.models import Invitation, ProgrammeStatus
from tests.factories import (
    ChildFactory,
    ClinicSessionFactory,
    MembershipFactory,
    SchoolFactory,
    TeamFactory,
)
from tests.pages import count_queries, page, text_of

LIST = "/children/"


@pytest.fixture
def show(nurse_client):
    """Fetches the list as a nurse."""
    return lambda **query: page(nurse_client.post(LIST, query, follow=True))


@pytest.fixture
def names(show):
    """Fetches the list and gives the names on it, in their order."""
    return lambda **query: [row[0] for row in show(**query).rows]


@pytest.fixture
def child(organisation):
    """Makes a child of the nurse's organisation: `child("Casey Poole", …)`."""

    def make(name: str, **fields):
        given, family = name.split(" ", 1)
        return ChildFactory(
            organisation=organisation, given_name=given, family_name=family, **fields
        )

    return make


def heading(shown) -> str:
    return text_of(shown.all("h2")[0])


def test_children_are_sorted_by_name_whatever_the_case(child, names):
    for name in ("blair Young", "Alex Zed", "Casey Poole", "alex Adams"):
        child(name)
    assert names() == ["alex Adams", "Alex Zed", "blair Young", "Casey Poole"]


def test_a30_part_of_a_name_and_clear_filters(child, names, show):
    for name in ("Casey Poole", "Cassidy Marsh", "Blair Young"):
        child(name)
    assert names(q="cas") == ["Casey Poole", "Cassidy Marsh"]
    shown = show(q="cas")
    assert heading(shown) == "2 children matching “cas”"
    assert shown.values["q"] == "cas"
    assert shown.links["Clear filters"] == LIST
    assert heading(show()) == "3 children"


def test_a30_one_or_two_letters_begin_a_name(child, names):
    for name in ("Aaron Poole", "Blair Aaberg", "Cassandra Marsh"):
        child(name)
    assert names(q="a") == ["Aaron Poole", "Blair Aaberg"]
    assert names(q="aa") == ["Aaron Poole", "Blair Aaberg"]


@pytest.mark.parametrize(
    "question",
    [
        "zoe",
        "ZOË",
        "hara zoe",
        "O’Hara",
        "ohara",
        "zizi",
        "9994712209",
        "999 471 2209",
        "4712",
        "04/03/2013",
        "4/3/2013",
        "4.3.2013",
        "4 March 2013",
        "4 Mar 2013",
        "zoe 4th march 2013",
        "03/2013",
        "2013",
        "CV1 2AB",
        "cv12ab",
        "cv1",
        "zoe 2013 cv1",
    ],
)
def test_what_finds_a_child(child, names, question):
    child(
        "Zoë O'Hara",
        preferred_given_name="Zizi",
        nhs_number="9994712209",
        date_of_birth=date(2013, 3, 4),
        postcode="CV1 2AB",
    )
    child("Blair Young", date_of_birth=date(2012, 10, 1), postcode="LS2 9XX")
    assert names(q=question) == ["Zoë O'HaraKnown as: Zizi O'Hara"]


@pytest.mark.parametrize("question", ["%", "_", "\\", "zoe blair"])
def test_what_finds_nobody(child, names, question):
    child("Zoë O'Hara")
    child("Blair Young")
    assert names(q=question) == []


@pytest.mark.parametrize("question", ["\x00", "x" * 301])
def test_what_cannot_be_searched_for_asks_for_nothing(child, nurse_client, question):
    child("Blair Young")
    response = nurse_client.post(LIST, {"q": question}, follow=True)
    assert "Blair Young" in response.content.decode()


def test_a30_missing_nhs_number(child, names, show):
    child("Casey Poole", nhs_number="9994712209")
    child("Blair Young")
    assert names(missing_nhs_number="true") == ["Blair Young"]
    assert heading(show(missing_nhs_number="true")) == "1 child without an NHS number"


def test_year_groups_of_this_academic_year(child, names):
    child("Eight Poole", date_of_birth=date(2014, 8, 31))
    child("Seven Young", date_of_birth=date(2014, 9, 1))
    child("Nine Marsh", date_of_birth=date(2013, 8, 31))
    assert names(year_group=[8]) == ["Eight Poole"]
    assert names(year_group=[8, 9]) == ["Eight Poole", "Nine Marsh"]
    assert len(names(year_group=["eight"])) == 3


def test_schools(child, names, organisation):
    alder = SchoolFactory(
        name="Alder School", urn="140001", team=TeamFactory(organisation=organisation)
    )
    child("Alex Alder", school=alder)
    child("Home Marsh", home_educated=True)
    child("Unknown Young", home_educated=False)
    assert names(school="140001") == ["Alex Alder"]
    assert names(school="home-educated") == ["Home Marsh"]
    assert names(school="unknown-school") == ["Unknown Young"]


def test_vaccinated_this_academic_year(child, names):
    vaccinated, before, other = child("Alex Adams"), child("Blair Young"), child("Casey Poole")
    for who, year, status in (
        (vaccinated, 2026, "vaccinated"),
        (before, 2025, "vaccinated"),
        (other, 2026, "not_vaccinated"),
    ):
        ProgrammeStatus.objects.create(
            child=who, programme_id="hpv", academic_year=year, vaccination=status
        )
    assert names(vaccinated=["hpv"]) == ["Alex Adams"]
    assert len(names(vaccinated=["flu"])) == 3


def test_invited_to_clinic(child, names, organisation):
    assert names(invitation="invited") == []
    clinic = ClinicSessionFactory(organisation=organisation)
    invited, waiting, left_out = child("Alex Adams"), child("Blair Young"), child("Casey Poole")
    child("Drew Marsh")  # in no clinic
    gone = child("Ellis Gray")
    for who in (invited, waiting, left_out):
        MembershipFactory(session=clinic, child=who)
    for who in (invited, gone):
        Invitation.objects.create(
            child=who,
            session=clinic,
            programme_id="hpv",
            planned_at=datetime(2026, 11, 1, tzinfo=UTC),
        )
    for who, exclusion in ((invited, ""), (waiting, ""), (left_out, "no_contact")):
        ProgrammeStatus.objects.create(
            child=who, programme_id="hpv", academic_year=2026, exclusion=exclusion
        )
    assert names(invitation="invited") == ["Alex Adams", "Ellis Gray"]
    assert names(invitation="to_be_invited") == ["Blair Young"]
    assert names(invitation="not_invited") == ["Casey Poole"]


def test_the_deceased_are_hidden(child, names):
    child("Casey Poole", date_of_death=date(2026, 1, 1))
    assert names() == []


def test_a_sensitive_record_shows_no_postcode_and_is_not_found_by_it(child, names, show):
    child("Casey Poole", postcode="CV1 2AB", restricted_at=datetime(2026, 9, 1, tzinfo=UTC))
    child("Blair Young", postcode="CV1 2AB")
    postcodes = {row[0]: row[3] for row in show().rows}
    assert postcodes == {"Blair Young": "CV1 2AB", "Casey Poole": ""}
    assert names(q="CV1 2AB") == ["Blair Young"]


def test_an_invalid_nhs_number_is_struck_through(child, show):
    child(
        "Casey Poole",
        nhs_number="9994712209",
        invalidated_at=datetime(2026, 9, 1, tzinfo=UTC),
    )
    assert [text_of(struck) for struck in show().all("s")] == ["999 471 2209"]


def test_other_organisations_are_not_shown(child, names, elsewhere):
    child("Casey Poole")
    ChildFactory(organisation=elsewhere, given_name="Else", family_name="Where")
    ChildFactory(organisation=None, given_name="No", family_name="Cohort")
    assert names() == ["Casey Poole"]


def test_a_page_shows_50_and_pages_keep_the_filters(child, show, nurse_client):
    for number in range(51):
        child(f"Casey Poole{number:02d}")
    second = show(q="casey", page=2)
    assert [row[0] for row in second.rows] == ["Casey Poole50"]
    assert second.values["q"] == "casey"
    first = page(nurse_client.get(LIST + second.links["1"].removeprefix(LIST)))
    assert len(first.rows) == 50
    assert len(show(page="many").rows) == 50


def test_nobody_matches(child, show):
    child("Casey Poole")
    shown = show(q="nobody")
    assert heading(shown) == "No children matching “nobody”"
    assert "No children match." in shown.text


def test_without_children_the_page_says_so(show):
    assert "There are no children yet." in show().text


def test_queries_do_not_grow_with_the_children(child, nurse_client, organisation):
    team = TeamFactory(organisation=organisation)

    def queries() -> int:
        address = nurse_client.post(LIST, {"q": "casey"})["Location"]
        return count_queries(lambda: nurse_client.get(address))

    for number in range(2):
        child(f"Casey Poole{number:02d}", school=SchoolFactory(team=team))
    few = queries()
    for number in range(2, 50):
        child(f"Casey Poole{number:02d}", school=SchoolFactory(team=team))
    assert queries() == few


def test_a_link_leads_to_the_record(child, show):
    casey = child("Casey Poole")
    assert show().links["Casey Poole"] == f"/children/{casey.public_id}/"
