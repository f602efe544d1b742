"""Check consent responses, as a nurse opens it."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from calendars import clock
from consent.models import ConsentResponse
from consent.selectors import lists
from programmes.models import Programme
from sessions_app import statuses
from sessions_app.models import Invitation, Mailing
from tests import factories
from tests.consent.school import School
from tests.pages import count_queries, page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_tab(nurse_client, clinic):
    """`open_tab("given", name="cas")`: the page of a tab of the clinic."""

    def fetch(tab="", **query):
        names = {"slug": clinic.session.slug} | ({"tab": tab} if tab else {})
        address = reverse("consent:responses", kwargs=names)
        return page(nurse_client.post(address, query, follow=True))

    return fetch


def names(found):
    return [row[0] for row in found.rows]


@pytest.fixture
def four(clinic):
    """The children of A29, in Year 8, 9, 10 and 10."""
    return [
        clinic.child(given_name=name, family_name="Example", birth_academic_year=2021 - year_group)
        for name, year_group in [("Casey", 10), ("Alex", 8), ("Cassidy", 10), ("Blair", 9)]
    ]


def test_every_child_is_in_one_tab_and_the_first_is_no_response(clinic, answered, open_tab):
    clinic.child(given_name="Una")
    clinic.child(given_name="Vic")
    answered(clinic.child(given_name="Gia"), "given")
    answered(clinic.child(given_name="Ros"), "refused")
    torn = clinic.child(given_name="Con")
    answered(torn, "given")
    answered(torn, "refused")
    found = open_tab()
    assert found.h1 == "Check consent responses"
    assert list(found.tabs) == [
        "No response 2",
        "Consent given 1",
        "Consent refused 1",
        "Conflicts 1",
        "Follow-up requested 0",
        "Not required 0",
    ]
    assert found.current_tab == "No response 2"
    assert "2 children without a response" in found.text
    for tab, name, heading in [
        ("given", "Gia", "1 child with consent given"),
        ("refused", "Ros", "1 child with consent refused"),
        ("conflicts", "Con", "1 child with conflicting consent"),
    ]:
        shown = open_tab(tab)
        assert heading in shown.text
        assert [row.split()[0] for row in names(shown)] == [name]


@pytest.mark.parametrize(
    ("answer", "kept", "tab", "state"),
    [
        (None, [], "", "No response"),
        ("refused", ["Consent refusedPersonal choice"], "refused", "Refused by"),
    ],
)
def test_consent_9_3_rule_4_who_is_vaccinated_is_in_a_tab_of_their_own_while_they_are(
    clinic, answered, open_tab, nurse, nurse_client, answer, kept, tab, state
):
    child = clinic.child(given_name="Vic", family_name="Example")
    if answer:
        answered(child, answer)
    record = factories.VaccinationRecordFactory(child=child)
    statuses.refresh([child.pk], today=at("2027-01-12T10:00").date())

    found = open_tab("not-required")
    assert found.current_tab == "Not required 1"
    assert "1 child already vaccinated" in found.text
    assert "No consent is required because the children are already vaccinated." in found.text
    assert names(found) == ["Vic Example"]
    assert names(open_tab(tab)) == []
    seen = page(nurse_client.get(found.links["Vic Example"]), names_person=True)
    assert "Vaccinated The child has had this vaccination." in seen.text
    assert [row[2] for row in seen.rows] == kept

    record.discarded_at, record.discarded_by = at("2027-01-12T10:00"), nurse
    record.save()
    statuses.refresh([child.pk], today=at("2027-01-12T10:00").date())
    assert names(open_tab("not-required")) == []
    found = open_tab(tab)
    assert names(found) == ["Vic Example"]
    assert state in page(nurse_client.get(found.links["Vic Example"]), names_person=True).text


def test_an_empty_tab_says_so(open_tab):
    found = open_tab("given")
    assert "No children with consent given" in found.text
    assert found.rows == []


def test_a_name_leads_to_the_child_and_shows_what_the_child_is_known_as(clinic, open_tab):
    child = clinic.child(
        given_name="Jo", family_name="Lee", preferred_given_name="Max", registration="8A"
    )
    found = open_tab()
    assert found.rows[0][:2] == ["Jo LeeKnown as: Max Lee", "Year 8 (8A)"]
    assert found.links["Jo Lee"] == reverse(
        "consent:child", kwargs={"slug": clinic.session.slug, "public_id": child.public_id}
    )


@pytest.mark.parametrize("sorted_apart_up_to", [0, 4])
def test_a29_sorting_by_name_and_by_year_group_flips(
    four, open_tab, monkeypatch, sorted_apart_up_to
):
    monkeypatch.setattr(lists, "SORTED_APART_UP_TO", sorted_apart_up_to)
    ascending = ["Alex Example", "Blair Example", "Casey Example", "Cassidy Example"]
    assert names(open_tab()) == names(open_tab(sort="name")) == ascending
    assert names(open_tab(sort="name", direction="desc")) == ascending[::-1]
    assert [row[1] for row in open_tab(sort="year-group").rows] == [
        "Year 8",
        "Year 9",
        "Year 10",
        "Year 10",
    ]
    descending = open_tab(sort="year-group", direction="desc")
    assert [row[1] for row in descending.rows] == ["Year 10", "Year 10", "Year 9", "Year 8"]
    headers = {th.get("aria-sort") for th in descending.all("th", scope="col")}
    assert headers == {"descending", "none", None}


def test_a29_the_name_filter_and_the_year_group_filter(four, open_tab):
    found = open_tab(name="cas", sort="name", direction="desc")
    assert names(found) == ["Cassidy Example", "Casey Example"]
    assert found.values["name"] == "cas"
    panels = [shown.all("details", class_="mavis-filter")[0] for shown in (found, open_tab())]
    assert ["open" in panel.attrib for panel in panels] == [True, False], "folded if none is set"
    assert names(open_tab(name="cas", year_groups="10")) == ["Casey Example", "Cassidy Example"]
    assert names(open_tab(name="CASEY exam")) == ["Casey Example"]
    assert names(open_tab(name="cas", year_groups="9")) == []
    assert open_tab(name="cas").links["Reset filters"] == reverse(
        "consent:responses", kwargs={"slug": four[0].memberships.get().session.slug}
    )


def test_year_groups_are_those_of_the_programmes_that_the_school_teaches(
    nurse_client, organisation
):
    school = School(organisation)
    school.session.programmes.add(Programme.objects.get(key="flu"))
    address = reverse("consent:responses", kwargs={"slug": school.session.slug})

    def offered():
        boxes = page(nurse_client.get(address)).all("input", name="year_groups")
        return [box.get("value") for box in boxes]

    assert offered() == ["7", "8", "9", "10", "11"], "flu is for Reception on, the school is not"
    school.session.location.register_year_groups = []
    school.session.location.save()
    assert len(offered()) == 12, "and where nothing is known of the school"


def test_the_name_filter_looks_at_names_only(clinic, open_tab):
    clinic.child(given_name="Alex", family_name="Example", postcode="CV1 2AB")
    assert names(open_tab(name="cv1")) == []
    assert names(open_tab(name=".*")) == []
    assert names(open_tab(name="lex")) == ["Alex Example"]


def test_e35_sorting_and_tabs_keep_every_filter(four, open_tab):
    found = open_tab(name="cas", year_groups="10", invitation="to_be_invited")
    for link in (found.links["Full name ▲"], found.links["Year group"], *found.tabs.values()):
        for kept in ("search=", "year_groups=10", "invitation=to_be_invited"):
            assert kept in link
    assert "direction=desc" in found.links["Full name ▲"]


def test_i32_the_numbers_on_the_tabs_are_those_of_the_filtered_lists(four, open_tab):
    assert list(open_tab(name="cas").tabs)[0] == "No response 2"


def test_reasons_for_refusal_are_distinct_and_only_of_refusals_that_count(
    clinic, answered, open_tab
):
    child = clinic.child(given_name="Ros", family_name="Example")
    answered(child, "refused", reason="medical", responded_at=at("2027-01-05T10:00"))
    answered(child, "refused", reason="medical", responded_at=at("2027-01-06T10:00"))
    former = answered(child, "refused", reason="other", responded_at=at("2027-01-04T10:00"))
    answered(
        child,
        "refused",
        reason="personal",
        parent=former.parent,
        responded_at=at("2027-01-07T10:00"),
    )
    answered(child, "given", withdrawn_at=at("2027-01-09T10:00"))
    [row] = open_tab("refused").rows
    assert row[2] == "Medical reasonsPersonal choiceConsent withdrawn"
    assert ConsentResponse.objects.count() == 5


def test_the_state_of_the_invitation_is_shown_and_filtered(clinic, open_tab, nurse):
    invited = clinic.child(given_name="Ivy", family_name="Example", joined="2027-01-05T10:00")
    clinic.child(given_name="Nat", family_name="Example", parents=0)
    assert clinic.invitations(invited)
    rows = {row[0]: row[2] for row in open_tab().rows}
    assert rows == {"Ivy Example": "Invited", "Nat Example": "Not invited"}
    Mailing.objects.create(
        session=clinic.session,
        kind=Mailing.Kind.INVITATIONS,
        queued_by=nurse,
        queued_at=clock.now(),
        goes_at=clock.now() + timedelta(minutes=2),
        letters=1,
        messages=1,
    )
    Invitation.objects.update(mailing=Mailing.objects.get())
    assert {row[0]: row[2] for row in open_tab().rows}["Ivy Example"] == "Waiting to be sent"
    Mailing.objects.update(goes_at=clock.now() - timedelta(seconds=1))
    assert {row[0]: row[2] for row in open_tab().rows}["Ivy Example"] == "Invited"
    assert names(open_tab(invitation="invited")) == ["Ivy Example"]
    assert names(open_tab(invitation="not_invited")) == ["Nat Example"]
    assert names(open_tab(invitation="to_be_invited")) == []


def test_i32_who_is_in_no_tab_is_said_beside_them(clinic, open_tab, nurse_client):
    clinic.child(given_name="Ann")
    assert "not counted" not in open_tab().text
    clinic.child(given_name="Dee", date_of_death=date(2026, 12, 1))
    clinic.child(given_name="Tim", birth_academic_year=2018)
    note = "2 children not counted: 1 died, 1 in a year group that is not offered the vaccinations"
    found = open_tab()
    assert list(found.tabs)[0] == "No response 1"
    assert f"{note}. See all children in this session" in found.text
    everybody = page(nurse_client.get(found.links["See all children in this session"]))
    assert len(everybody.rows) == 3
    session_page = page(nurse_client.get(f"/sessions/{clinic.session.slug}/"))
    assert note in session_page.text
    assert "3 children in this session" in session_page.text


def test_e32_with_several_programmes_one_can_be_chosen(clinic, organisation, answered, open_tab):
    clinic.session.programmes.add(Programme.objects.get(key="menacwy"))
    organisation.programmes.add(Programme.objects.get(key="menacwy"))
    child = clinic.child(given_name="Ann", family_name="Example", birth_academic_year=2012)
    statuses.refresh([child.pk], today=at("2027-01-12T10:00").date())
    answered(child, "given")
    note = "Each child is in one tab only, for the vaccination where most is left to do."
    found = open_tab()
    assert names(found) == ["Ann Example"]
    assert note in found.text
    found = open_tab("given", programme="hpv")
    assert names(found) == ["Ann Example"]
    assert note not in found.text
    assert names(open_tab(programme="menacwy")) == ["Ann Example"]


@pytest.mark.parametrize(
    "query",
    [
        {"year_groups": "abc", "programme": "zzz", "invitation": "zzz"},
        {"sort": "date_of_birth", "direction": "sideways", "page": "-7"},
        {"page": "999999999999999999999", "name": "\x00"},
        {"name": "%", "year_groups": "10'--"},
    ],
)
def test_an_address_that_makes_no_sense_still_gives_a_page(four, open_tab, query):
    assert open_tab(**query).h1 == "Check consent responses"


def test_long_lists_come_a_hundred_at_a_time(clinic, open_tab):
    for _ in range(101):
        clinic.child(parents=0)
    found = open_tab()
    assert "101 children without a response" in found.text
    assert len(found.rows) == 100
    assert len(open_tab(page=2).rows) == 1


@pytest.mark.parametrize("tab", ["", "refused"])
def test_the_number_of_queries_is_the_same_for_2_and_50_children(
    clinic, answered, nurse_client, tab
):
    address = reverse(
        "consent:responses", kwargs={"slug": clinic.session.slug} | ({"tab": tab} if tab else {})
    )
    counts = []
    for more in (2, 48):
        for _ in range(more):
            child = clinic.child()
            if tab:
                answered(child, "refused")
        counts.append(count_queries(lambda: nurse_client.get(address)))
    assert counts[0] == counts[1]


def test_another_organisations_session_and_unknown_tabs_are_not_found(
    clinic, client_elsewhere, nurse_client
):
    names = {"slug": clinic.session.slug}
    assert client_elsewhere.get(reverse("consent:responses", kwargs=names)).status_code == 404
    unknown = reverse("consent:responses", kwargs=names | {"tab": "nonsense"})
    assert nurse_client.get(unknown).status_code == 404
