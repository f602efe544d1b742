"""School moves that online responses raise. Consent §5; cohorts and imports §11 and s18."""

from datetime import date

import pytest
from django.urls import reverse

from cohorts.models import Child, SchoolMove
from cohorts.services import school_moves
from consent.models import GillickAssessment
from consent.services import matching
from sessions_app.models import Membership
from tests import factories
from tests.consent.online import NOW
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db


def open_moves(child):
    return list(SchoolMove.objects.filter(child=child, decision=""))


class TestSchoolMoves:
    def test_another_school_waits_for_review_and_changes_nothing(self, link):
        child = link.child()
        birch = factories.SchoolFactory(team=link.school.team)
        link.answer(school=birch)
        [move] = open_moves(child)
        assert (move.school, move.source) == (birch, SchoolMove.Source.CONSENT)
        child.refresh_from_db()
        assert child.school == link.school

    def test_consent_14_8_taught_at_home_is_a_move_and_no_school_at_an_unknown_one_is_none(
        self, link, clinic
    ):
        home = clinic.child(given_name="Kim", family_name="Poe")
        link.answer(given_name="Kim", family_name="Poe", school=None, home_educated=False)
        assert open_moves(home) == []
        link.answer(given_name="Kim", family_name="Poe", school=None, home_educated=True)
        [move] = open_moves(home)
        assert move.school_label == "Home-educated"

    @pytest.mark.parametrize("flag", ["date_of_death", "invalidated_at"])
    def test_s18_none_for_a_child_who_died_or_whose_record_is_invalid(self, link, nurse, flag):
        """Such a child is found by nobody but a person."""
        child = link.child()
        value = date(2027, 1, 1) if flag == "date_of_death" else NOW
        Child.objects.filter(pk=child.pk).update(**{flag: value})
        response = link.answer(school=factories.SchoolFactory(team=link.school.team))
        matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
        assert open_moves(child) == []

    def test_both_parents_raise_one_and_the_newest_answer_wins(self, link):
        child = link.child()
        birch, cedar = (factories.SchoolFactory(team=link.school.team) for _ in range(2))
        older = link.response(recorded_at=at("2027-01-10T09:00"), school=cedar)
        link.answer(school=birch)
        link.answer(school=birch, parent_name="Di Lee", email="di@example.com")
        link.match(older)
        [move] = open_moves(child)
        assert move.school == birch
        assert SchoolMove.objects.count() == 1

    def test_i20_the_vaccinated_child_joins_no_session_when_the_move_is_confirmed(
        self, link, nurse, organisation
    ):
        child = link.child()
        birch = factories.SessionFactory(organisation=organisation, dates=[date(2027, 2, 1)])
        factories.VaccinationRecordFactory(child=child)
        link.answer(school=birch.location)
        [move] = open_moves(child)
        school_moves.confirm(move_id=move.pk, by=nurse, now=NOW)
        child.refresh_from_db()
        assert child.school == birch.location
        assert not Membership.objects.filter(session=birch).exists()

    def test_consent_14_7_a_confirmed_move_leads_to_the_schools_session(
        self, link, nurse, organisation
    ):
        child = link.child()
        birch = factories.SessionFactory(organisation=organisation, dates=[date(2027, 2, 1)])
        link.answer(school=birch.location)
        [move] = open_moves(child)
        school_moves.confirm(move_id=move.pk, by=nurse, now=NOW)
        assert Membership.objects.get(child=child, left_at=None).session == birch
        assert child.consent_responses.get().decision == "given"


@pytest.mark.parametrize("is_competent", [True, False])
def test_consent_5_a_child_who_was_assessed_stays_in_that_session_too(
    link, nurse, organisation, is_competent
):
    """Assessed at ten, moved at half past: what the nurse wrote down stays in its place."""
    child, other = link.child(), link.child(given_name="Al")
    birch = factories.SessionFactory(organisation=organisation, dates=[date(2027, 2, 1)])
    GillickAssessment.objects.create(
        child=child,
        session=link.session,
        programme_id="hpv",
        assessed_on=NOW.date(),
        performed_by=nurse,
        performed_at=NOW,
        **dict.fromkeys(GillickAssessment.STATEMENTS, is_competent),
    )
    for given_name in ("Jo", "Al"):
        link.answer(given_name=given_name, school=birch.location)
    for moving in (child, other):
        [move] = open_moves(moving)
        school_moves.confirm(move_id=move.pk, by=nurse, now=at("2027-01-12T10:30"))

    def sessions_of(someone):
        present = Membership.objects.filter(child=someone, left_at=None)
        return set(present.values_list("session", flat=True))

    assert sessions_of(child) == {link.session.pk, birch.pk}
    assert sessions_of(other) == {birch.pk}


@pytest.mark.parametrize(
    ("choice", "stays"), [({"session": "clinic"}, True), ({"session": "session"}, False)]
)
def test_consent_14_7_a_child_of_the_clinic_stays_there_or_moves_to_the_school(
    nurse_client, clinic, link, choice, stays
):
    child = clinic.child(given_name="Kim", family_name="Poe")
    response = factories.OnlineResponseFactory(
        session=clinic.session,
        given_name="Kim",
        family_name="Poe",
        school=link.school,
        home_educated=None,
        recorded_at=NOW,
    )
    assert link.match(response)
    [move] = open_moves(child)
    address = f"/school-moves/{move.public_id}/"
    asked = page(nurse_client.get(address))
    assert "25 January 2027" in asked.text
    unanswered = page(nurse_client.post(address, {"decision": "confirm"}))
    assert unanswered.errors
    nurse_client.post(address, {"decision": "confirm"} | choice)
    child.refresh_from_db()
    assert child.school == link.school
    joined = Membership.objects.get(child=child, left_at=None).session
    assert joined == (clinic.session if stays else link.session)


@pytest.mark.parametrize(
    ("home_educated", "before", "after"),
    [(True, "Unknown school", "Home-educated"), (False, "Unknown school", "Unknown school")],
    ids=["home-schooled", "not in education"],
)
def test_consent_14_8_the_record_shows_what_was_confirmed(
    nurse_client, clinic, link, home_educated, before, after
):
    child = clinic.child(given_name="Kim", family_name="Poe")
    response = factories.OnlineResponseFactory(
        session=clinic.session,
        given_name="Kim",
        family_name="Poe",
        school=None,
        home_educated=home_educated,
        recorded_at=NOW,
    )
    assert link.match(response)

    def school():
        record = nurse_client.get(reverse("children:show", kwargs={"public_id": child.public_id}))
        return page(record, names_person=True).summary["School"]

    assert school() == before
    moves = open_moves(child)
    assert len(moves) == (1 if home_educated else 0)
    for move in moves:
        done = nurse_client.post(
            f"/school-moves/{move.public_id}/", {"decision": "confirm"}, follow=True
        )
        assert page(done).banner.startswith("Child record updated: Home-educated")
    assert school() == after
    assert open_moves(child) == []
