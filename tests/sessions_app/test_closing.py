"""Close session: children who were not vaccinated in school go on to the community clinic."""

from datetime import date

import pytest

from activity.models import Entry
from programmes.models import OrganisationProgramme
from sessions_app import closing, statuses
from sessions_app.choices import ConsentStatus, VaccinationStatus
from sessions_app.closing import ClosingRefused
from sessions_app.models import Invitation, Membership, Session
from tests.conftest import signed_in
from tests.factories import (
    ChildFactory,
    MembershipFactory,
    RelationshipFactory,
    SessionFactory,
)
from tests.pages import count_queries, page
from tests.sessions_app.conftest import at

CLOSE = "2027-01-12T10:00"


@pytest.fixture
def school(organisation):
    """A school whose last session was on 11 January."""
    return SessionFactory(
        organisation=organisation,
        dates=[date(2027, 1, 10), date(2027, 1, 11)],
        location__name="Ash School",
    )


@pytest.fixture
def client(nurse, time_machine):
    time_machine.move_to(at(CLOSE))
    return signed_in(nurse)


def pupil(school, *, parents=1, **fields):
    child = ChildFactory(
        organisation=school.organisation, school=school.location, home_educated=None, **fields
    )
    for _ in range(parents):
        RelationshipFactory(child=child)
    MembershipFactory(session=school, child=child, reason=Membership.Reason.AT_SCHOOL)
    statuses.refresh([child.pk], today=date(2027, 1, 1))
    return child


def close(school, nurse, now=CLOSE):
    return closing.close_session(session_id=school.pk, by=nurse, now=at(now))


def reopen(school, nurse, now="2027-01-12T11:00"):
    closing.reopen_session(session_id=school.pk, by=nurse, now=at(now))


def in_clinic(session):
    return set(
        Membership.objects.filter(session=session, left_at=None).values_list("child", flat=True)
    )


def show(client, session, part=""):
    return page(client.get(f"/sessions/{session.slug}/{part}"))


def test_a08_and_a09_a_school_is_closed_and_its_child_goes_to_the_clinic(client, school):
    pupil(school)
    shown = show(client, school)
    assert "All sessions completed" in shown.text
    shown = page(client.get(shown.links["Close session"]))
    assert shown.h1 == "Close session"
    assert "1 child could not be vaccinated" in shown.text
    shown = page(client.post(f"/sessions/{school.slug}/close/", follow=True))
    assert "Session closed." in shown.banner
    assert "Edit session" not in shown.links
    assert "Close session" not in shown.links
    assert "Closed" in shown.text and "by Nadia Nurse" in shown.summary["Closed"]
    unscheduled = page(client.get("/sessions/unscheduled/"))
    assert unscheduled.rows == [["Community clinic", "HPV", "1"]]


def test_only_children_not_vaccinated_for_all_programmes_join(clinic, nurse, facts, organisation):
    school = SessionFactory(
        organisation=organisation, dates=[date(2027, 1, 11)], programmes=["hpv", "flu"]
    )
    OrganisationProgramme.objects.create(organisation=organisation, programme_id="flu")
    both, one, none, refused = (pupil(school) for _ in range(4))
    done = VaccinationStatus.VACCINATED
    facts(
        vaccination={
            (both.pk, "hpv"): done,
            (both.pk, "flu"): done,
            (one.pk, "hpv"): done,
        },
        consent={(refused.pk, "hpv"): ConsentStatus.REFUSED},
    )
    for child in (both, one, none, refused):
        clinic.refresh(child)
    assert close(school, nurse) == 3
    assert in_clinic(clinic.session) == {one.pk, none.pk, refused.pk}


def test_a_programme_that_a_child_is_too_young_for_does_not_count(clinic, nurse, organisation):
    school = SessionFactory(organisation=organisation, dates=[date(2027, 1, 11)])
    young = pupil(school, date_of_birth=date(2016, 10, 1))
    clinic.refresh(young)
    assert close(school, nurse) == 0


def test_why_and_whence_they_joined_is_kept(clinic, school, nurse):
    child = pupil(school)
    close(school, nurse)
    joined = Membership.objects.get(session=clinic.session, child=child)
    assert joined.reason == Membership.Reason.NOT_VACCINATED
    assert (joined.joined_from, joined.added_by) == (school, nurse)
    assert Membership.objects.get(session=school, child=child).left_at is None
    titles = set(Entry.objects.filter(child=child).values_list("title", flat=True))
    assert titles == {"Session closed at Ash School", "Added to session at Community clinic"}
    school.refresh_from_db()
    assert (school.closed_at, school.closed_by) == (at(CLOSE), nurse)


def test_a_late_joiner_is_invited_at_once(clinic, school, nurse):
    child = pupil(school)
    close(school, nurse)
    assert [invitation.child for invitation in clinic.invitations()] == [child]


def test_the_page_says_who_is_invited_when_and_who_is_not(client, clinic, school):
    pupil(school)
    pupil(school, parents=0)
    text = show(client, school, "close/").text
    assert "2 children could not be vaccinated" in text
    assert "now: the parents of 1 child" in text
    assert ["No contact details", "1"] in show(client, school, "close/").rows
    clinic.session.all_dates.update(value=date(2027, 3, 1))
    Session.objects.filter(pk=clinic.session.pk).update(invitations_on=date(2027, 2, 8))
    assert (
        "on Monday 8 February 2027: the parents of 1 child" in show(client, school, "close/").text
    )
    clinic.session.all_dates.all().delete()
    assert "once there is a clinic date to book" in show(client, school, "close/").text


def test_looking_at_the_page_makes_no_clinic_session(client, school, nurse):
    pupil(school)
    pupil(school, parents=0)
    shown = show(client, school, "close/")
    assert "2 children could not be vaccinated" in shown.text
    assert "once there is a clinic date to book: the parents of 1 child" in shown.text
    assert ["No contact details", "1"] in shown.rows
    assert "What parents will read" not in shown.text
    assert not Session.objects.clinics().exists(), "a GET writes nothing"
    assert close(school, nurse) == 2
    assert in_clinic(Session.objects.clinics().get())


def test_e11_e12_everybody_moves_and_exclusion_is_left_to_the_invitation(clinic, school, nurse):
    dead = pupil(school, date_of_death=date(2027, 1, 1))
    restricted = pupil(school, restricted_at=at("2027-01-01T00:00"))
    assert close(school, nurse) == 2
    assert in_clinic(clinic.session) == {dead.pk, restricted.pk}
    assert clinic.messages() == []


def test_e18_the_clinic_is_never_closed(client, clinic, nurse):
    clinic.session.all_dates.update(value=date(2027, 1, 11))
    shown = show(client, clinic.session)
    assert "Close session" not in shown.links
    response = client.get(f"/sessions/{clinic.session.slug}/close/", follow=True)
    assert "Only a school session can be closed" in page(response).banner
    with pytest.raises(ClosingRefused):
        close(clinic.session, nurse)


@pytest.mark.parametrize("dates", [[], [date(2027, 1, 12)], [date(2027, 1, 11), date(2027, 1, 13)]])
def test_a_session_is_closed_only_once_its_dates_have_passed(client, organisation, dates):
    session = SessionFactory(organisation=organisation, dates=dates)
    shown = page(client.post(f"/sessions/{session.slug}/close/", follow=True))
    assert "once all of its dates have passed" in shown.banner
    session.refresh_from_db()
    assert session.closed_at is None


def test_closing_twice_closes_once(school, nurse):
    pupil(school)
    assert [close(school, nurse), close(school, nurse, "2027-01-12T10:01")] == [1, 0]
    school.refresh_from_db()
    assert school.closed_at == at(CLOSE)


def test_closing_is_undone_until_invitations_went(client, school, nurse):
    child = pupil(school)
    close(school, nurse)
    assert "Open session again" in show(client, school).text
    shown = page(client.post(f"/sessions/{school.slug}/reopen/", follow=True))
    assert "Session opened again." in shown.banner
    assert "Edit session" in shown.links
    membership = Membership.objects.get(session__in=Session.objects.clinics(), child=child)
    assert membership.left_at and membership.left_because == "Ash School was opened again"
    assert Membership.objects.filter(session=school, left_at=None).count() == 1


def test_closing_is_not_undone_once_a_parent_was_invited(client, clinic, school, nurse):
    pupil(school)
    close(school, nurse)
    assert Invitation.objects.exists()
    assert "Open session again" not in show(client, school).text
    shown = page(client.post(f"/sessions/{school.slug}/reopen/", follow=True))
    assert "It cannot be opened again." in shown.banner
    school.refresh_from_db()
    assert school.is_closed


def test_undoing_leaves_children_who_were_in_the_clinic_before(clinic, school, nurse):
    child = pupil(school, parents=0)
    clinic.join(child, now="2026-12-01T10:00")
    close(school, nurse)
    reopen(school, nurse)
    assert in_clinic(clinic.session) == {child.pk}


def test_closing_again_after_undoing_works(school, nurse):
    pupil(school)
    close(school, nurse)
    reopen(school, nurse)
    assert close(school, nurse, "2027-01-12T12:00") == 1


def test_another_organisation_can_neither_close_nor_open(client_elsewhere, school):
    for part in ("close/", "reopen/"):
        assert client_elsewhere.post(f"/sessions/{school.slug}/{part}").status_code == 404


def test_e42_closing_takes_the_same_queries_for_2_and_for_50_children(clinic, school, nurse):
    def looking(extra):
        for _ in range(extra):
            pupil(school)
        return count_queries(lambda: closing.preview(school, now=at(CLOSE)))

    assert looking(2) == looking(48)
