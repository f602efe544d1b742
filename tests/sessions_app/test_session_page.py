"""The page of a session and the list of its children."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl

import pytest

from notifications.models import Message
from sessions_app.choices import ConsentStatus, VaccinationStatus
from sessions_app.models import ProgrammeStatus, Session
from tests.conftest import signed_in
from tests.factories import ChildFactory, MembershipFactory, SessionFactory
from tests.pages import count_queries, page
from tests.sessions_app.conftest import Clinic, at


@pytest.fixture
def client(nurse, time_machine):
    time_machine.move_to(datetime(2027, 1, 5, 10, tzinfo=UTC))
    return signed_in(nurse)


def shown(client, session, part=""):
    return page(client.get(f"/sessions/{session.slug}/{part}"))


@pytest.fixture
def school(organisation):
    return SessionFactory(organisation=organisation, location__name="Ash School")


@pytest.mark.parametrize(
    ("dates", "closed", "words"),
    [
        ([], False, "No sessions scheduled"),
        ([date(2027, 1, 5)], False, "Sessions scheduled"),
        ([date(2027, 1, 4)], False, "All sessions completed"),
        ([date(2027, 1, 4)], True, "Closed"),
    ],
)
def test_the_tag_says_where_the_session_stands(client, organisation, dates, closed, words):
    session = SessionFactory(organisation=organisation, dates=dates)
    if closed:
        Session.objects.filter(pk=session.pk).update(closed_at=datetime.now(UTC))
    tags = [one.text for one in shown(client, session).all("strong", class_="govuk-tag")]
    assert words in tags


def test_details_of_a_school(client, school):
    seen = shown(client, school)
    assert seen.h1 == "Ash School"
    assert f"URN: {school.location.urn}" in seen.text
    assert seen.summary["Type"] == "School session"
    assert seen.summary["Programmes"] == "HPV"
    assert seen.summary["Session dates"] == "Not provided"
    assert seen.summary["Consent period"] == "Not provided"
    assert seen.summary["Children"] == "No children in this session"
    assert "Invitations" not in seen.text


def test_details_of_the_clinic(client, clinic):
    seen = shown(client, clinic.session)
    assert seen.summary["Type"] == "Community clinic"
    assert seen.summary["Session dates"] == "Monday 25 January 2027"
    assert seen.summary["Consent period"] == "Open until 24 January"
    assert "URN" not in seen.text


def test_the_consent_card_counts_each_child_once(client, facts, organisation):
    clinic = Clinic(organisation)
    given, refused, vaccinated, _ = (clinic.child() for _ in range(4))
    facts(
        consent={
            (given.pk, "hpv"): ConsentStatus.GIVEN,
            (refused.pk, "hpv"): ConsentStatus.REFUSED,
        },
        vaccination={(vaccinated.pk, "hpv"): VaccinationStatus.VACCINATED},
    )
    assert "already vaccinated" not in shown(client, clinic.session).text
    for child in (given, refused, vaccinated):
        clinic.refresh(child)
    seen = shown(client, clinic.session)
    assert "Check consent responses" in seen.text
    for line in (
        "1 child without a response",
        "1 child with consent given",
        "1 child with consent refused",
        "No children with conflicting consent",
        "1 child already vaccinated, consent not required",
    ):
        assert line in seen.text


def test_e32_a_conflict_is_not_hidden_by_a_missing_response_to_another(client, organisation):
    session = SessionFactory(
        organisation=organisation, programmes=["flu", "hpv"], dates=[date(2027, 1, 25)]
    )
    child = MembershipFactory(session=session, child__birth_academic_year=2026 - 5 - 9).child
    ProgrammeStatus.objects.create(
        child=child, programme_id="flu", academic_year=2026, consent=ConsentStatus.CONFLICTS
    )
    ProgrammeStatus.objects.create(child=child, programme_id="hpv", academic_year=2026)
    seen = shown(client, session)
    assert "1 child with conflicting consent" in seen.text
    assert "No children without a response" in seen.text
    assert seen.rows == [
        ["No response", "0", "1 child without a response for HPV"],
        ["Consent given", "0", "0"],
        ["Consent refused", "0", "0"],
        ["Conflicts", "1 child with conflicting consent for Flu", "0"],
        ["Follow-up requested", "0", "0"],
        ["Not required", "0", "0"],
    ]
    conflicts = page(client.get(seen.links["1 child with conflicting consent for Flu"]))
    assert [row[0] for row in conflicts.rows] == [child.full_name]


def cohort(clinic):
    """One invited child, one to be invited, and three left out for two reasons."""
    invited = clinic.child()
    clinic.plan("2027-01-04T09:00")
    coming = ChildFactory(organisation=clinic.organisation)
    left = [clinic.child(joined="2027-01-04T10:00", parents=0) for _ in range(2)]
    dead = clinic.child(joined="2027-01-04T10:00", date_of_death=date(2027, 1, 1))
    return invited, coming, left, dead


def test_invitations_are_counted_and_lead_to_the_children(client, clinic):
    cohort(clinic)
    seen = shown(client, clinic.session)
    assert ["Invited", "1 child: Invited"] in seen.rows
    assert ["Not invited", "3 children: Not invited"] in seen.rows
    assert ["No contact details", "2 children: No contact details"] in seen.rows
    assert ["The child has died", "1 child: The child has died"] in seen.rows
    for words, found in (("2 children: No contact details", 2), ("1 child: Invited", 1)):
        assert len(page(client.get(seen.links[words])).rows) == found


def test_e42_progress_of_sending_shows_while_it_is_under_way(client, clinic):
    clinic.child()
    assert "Sending messages" not in shown(client, clinic.session).text
    clinic.plan("2027-01-04T09:00")
    assert "Sending messages: 0 of 2" in shown(client, clinic.session).text
    sent = at("2027-01-04T09:01")
    Message.objects.filter(channel="email").update(status="accepted", accepted_at=sent)
    assert "Sending messages: 1 of 2" in shown(client, clinic.session).text
    Message.objects.update(status="delivered", accepted_at=sent)
    assert "Sending messages" not in shown(client, clinic.session).text


def test_children_to_be_invited_are_told_the_day(client, organisation):
    clinic = Clinic(organisation, dates=[date(2027, 2, 8)], invitations_on=date(2027, 1, 18))
    clinic.child()
    assert [
        "Will be invited on Monday 18 January 2027",
        "1 child: Will be invited on Monday 18 January 2027",
    ] in shown(client, clinic.session).rows


def test_e19_the_clinic_says_how_many_wait_for_a_date(client, organisation):
    clinic = Clinic(organisation, dates=[date(2027, 1, 5)])
    clinic.child()
    seen = shown(client, clinic.session)
    assert "1 child is waiting for a clinic date" in seen.text
    assert ["Waiting for a clinic date", "1 child: Waiting for a clinic date"] in seen.rows


def test_an_empty_clinic_says_so(client, clinic):
    assert "No children are in the cohort for community clinics yet." in (
        shown(client, clinic.session).text
    )


def test_dates_added_late_are_not_said_to_be_invited_to_before(client, organisation):
    late = Clinic(organisation, dates=[date(2027, 1, 15)], invitations_on=date(2026, 12, 25))
    late.child(joined="2026-12-01T10:00")
    assert "Invitations" not in shown(client, late.session).summary
    late.plan("2027-01-05T09:30")
    assert shown(client, late.session).summary["Invitations"] == "Tuesday 5 January 2027"


def test_who_chose_the_day_of_invitations(client, clinic, nurse):
    Session.objects.filter(pk=clinic.session.pk).update(
        invitations_on_chosen=True,
        invitations_on_chosen_by=nurse,
        invitations_on_chosen_at=at("2026-12-31T10:00"),
    )
    assert shown(client, clinic.session).summary["Invitations"] == (
        "Monday 4 January 2027Chosen by Nadia Nurse on 31 December 2026"
    )


def test_i36_a_session_of_last_year_opens(client, organisation):
    clinic = Clinic(organisation, dates=[date(2026, 1, 25)])
    Session.objects.filter(pk=clinic.session.pk).update(academic_year=2025)
    MembershipFactory(session=clinic.session)
    assert shown(client, clinic.session).h1 == "Community clinic"
    assert len(shown(client, clinic.session, "children/").rows) == 1


def test_the_page_takes_the_same_queries_for_2_and_for_50_children(client, clinic):
    def looking(extra):
        for _ in range(extra):
            clinic.child()
        return count_queries(lambda: shown(client, clinic.session))

    assert looking(2) == looking(48)


@pytest.mark.parametrize("part", ["", "children/", "close/"])
def test_another_organisation_finds_nothing(client_elsewhere, clinic, part):
    assert client_elsewhere.get(f"/sessions/{clinic.session.slug}/{part}").status_code == 404


def children(client, session, query=""):
    return page(client.get(f"/sessions/{session.slug}/children/{query}"))


def test_children_are_listed_by_name_with_their_invitation(client, clinic):
    clinic.child(given_name="blair", family_name="Oak", preferred_given_name="Bee")
    clinic.child(given_name="Alex", family_name="Ash", parents=0)
    clinic.plan("2027-01-04T09:00")
    seen = children(client, clinic.session)
    assert seen.h1 == "Children in this session"
    assert seen.rows == [
        ["Alex Ash", "Year 8", "Not invited: no contact details"],
        ["blair Oak Known as: Bee Oak", "Year 8", "Invitation is being sent"],
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?name=ash", ["Alex"]),
        ("?name=OAK+bl", ["Blair"]),
        ("?name=zz", []),
        ("?state=invited", ["Blair"]),
        ("?state=not_invited", ["Alex"]),
        ("?state=not_invited&reason=no_contact", ["Alex"]),
        ("?state=not_invited&reason=deceased", []),
        ("?state=any&reason=", ["Alex", "Blair"]),
        ("?state=nonsense", ["Alex", "Blair"]),
    ],
)
def test_children_are_filtered(client, clinic, query, names):
    clinic.child(given_name="Blair", family_name="Oak")
    clinic.child(given_name="Alex", family_name="Ash", parents=0)
    clinic.plan("2027-01-04T09:00")
    asked = dict(parse_qsl(query.removeprefix("?")))
    seen = page(client.post(f"/sessions/{clinic.session.slug}/children/", asked, follow=True))
    assert [row[0].split()[0] for row in seen.rows] == names
    narrows = len(names) < 2
    assert ("open" in seen.all("details", class_="mavis-filter")[0].attrib) == narrows


def test_the_children_of_a_school_have_no_invitation(client, school):
    MembershipFactory(session=school, reason="at_school")
    seen = children(client, school)
    assert "Invitation" not in seen.text
    assert len(seen.rows) == 1


def test_i32_lists_are_as_long_as_the_counts_say(client, clinic, facts):
    child = clinic.child()
    facts(vaccination={(child.pk, "hpv"): VaccinationStatus.VACCINATED})
    clinic.refresh(child)
    clinic.child()
    seen = shown(client, clinic.session)
    for words, href in seen.links.items():
        if "children/?state" in href:
            assert len(page(client.get(href)).rows) == int(words.split()[0])


def test_children_come_fifty_to_a_page_with_the_same_queries(client, clinic):
    def looking(extra):
        for _ in range(extra):
            clinic.child()
        return count_queries(lambda: children(client, clinic.session))

    assert looking(2) == looking(49)
    assert len(children(client, clinic.session).rows) == 50
    assert len(children(client, clinic.session, "?page=2").rows) == 1
