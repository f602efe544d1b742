"""A child who consented alone and asked that their parents be told nothing. Lessons I9."""

from datetime import date
from uuid import uuid4

import pytest

from consent.guard import guard as request_guard
from consent.models import ConsentRequest, ConsentResponse, GillickAssessment
from consent.rules import why_no_request
from consent.selectors.facts import child_facts
from consent.services.requests import RequestNotPossible, send_request
from notifications.models import Message
from programmes.models import OrganisationProgramme
from sessions_app import closing
from sessions_app.choices import Exclusion
from sessions_app.invitations.guard import guard
from sessions_app.models import Membership, ProgrammeStatus
from tests import factories
from tests.consent.school import School
from tests.consent.wizard import HEALTH, Wizard
from tests.sessions_app.conftest import Clinic, at

pytestmark = pytest.mark.django_db
DAY = date(2027, 1, 12)
MORNING = "2027-01-12T10:00"
REASON = "The child asked us not to tell their parents"
UNTIL = {"delay_until-day": "1", "delay_until-month": "3", "delay_until-year": "2027"}


@pytest.fixture
def school(organisation):
    OrganisationProgramme.objects.create(organisation=organisation, programme_id="mmr")
    return School(organisation, programmes=["hpv", "mmr"])


@pytest.fixture
def clinic(organisation):
    """Invitations to it go since 4 January."""
    clinic = Clinic(organisation)
    clinic.session.programmes.add("mmr")
    return clinic


@pytest.fixture
def assessed(school, nurse):
    """`assessed(child)`: found competent on the day of the session."""

    def assess(child, programme="mmr", session=None, day=DAY):
        return GillickAssessment.objects.create(
            child=child,
            programme_id=programme,
            session=session or school.session,
            assessed_on=day,
            **dict.fromkeys(GillickAssessment.STATEMENTS, True),
            performed_by=nurse,
            performed_at=at(f"{day}T10:00"),
        )

    return assess


@pytest.fixture
def agrees_alone(assessed, school, nurse):
    """`agrees_alone(child, tell=False)`: the child's own yes."""

    def agree(child, *, tell, programme="mmr", session=None, when=MORNING, **fields):
        session = session or school.session
        response = factories.ResponseFactory(
            child=child,
            programme_id=programme,
            session=session,
            academic_year=session.academic_year,
            parent=None,
            parent_name=child.full_name,
            relationship="Child (Gillick competent)",
            route="self",
            notify_parents=tell,
            assessment=assessed(child, programme, session, at(when).date()),
            responded_at=at(when),
            recorded_by=nurse,
            **fields,
        )
        school.refresh(child, now=MORNING)
        return response

    return agree


def exclusion(child, programme="mmr", year=2026):
    found = ProgrammeStatus.objects.get(child=child, programme_id=programme, academic_year=year)
    return found.exclusion


def letters(child):
    return list(Message.objects.filter(child=child).values_list("template", flat=True))


@pytest.mark.parametrize("outcome", ["delay", "invite_to_clinic"])
def test_i09_parents_are_not_invited_to_the_clinic_where_the_child_goes_after_triage(
    school, clinic, assessed, nurse_client, outcome
):
    child = school.child(parents=2)
    assessed(child, "hpv")
    wizard = Wizard(nurse_client, school, child).answer(contact="child").answer(decision="given")
    nuts = HEALTH | {"severe_allergies": "yes", "severe_allergies_details": "Nuts"}
    wizard.answer(tell="no").answer(**nuts)
    wizard.answer(outcome=outcome, **UNTIL if outcome == "delay" else {})
    wizard.answer()
    assert ConsentResponse.objects.get(route="self").notify_parents is False
    assert Membership.objects.filter(child=child, session=clinic.session).exists()
    assert exclusion(child, "hpv") == "child_decided"
    # Of MMR, about which the child said nothing, they are told.
    assert [one.programme_id for one in clinic.invitations(child)] == ["mmr"]
    clinic.plan("2027-01-13T09:00")
    assert {one.personalisation["vaccination"] for one in clinic.messages(child)} == {
        "MMR vaccination"
    }


def test_i09_parents_are_not_invited_for_the_dose_after_the_one_they_were_not_told_of(
    school, clinic, agrees_alone, nurse
):
    child = school.child()
    agrees_alone(child, tell=False)
    agrees_alone(child, tell=False, programme="hpv")
    factories.VaccinationRecordFactory(
        child=child, programme_id="mmr", performed_on=DAY, dose_sequence=1
    )
    factories.VaccinationRecordFactory(child=child, programme_id="hpv", performed_on=DAY)
    school.refresh(child, now=MORNING)
    closing.close_session(session_id=school.session.pk, by=nurse, now=at("2027-01-13T10:00"))
    assert Membership.objects.filter(child=child, session=clinic.session).exists()
    clinic.plan("2027-01-14T09:00")
    assert letters(child) == []
    outlook = clinic.outlook(child, "2027-01-14T09:00")
    assert f"MMR: {REASON[:1].lower()}{REASON[1:]}" in outlook.text


def test_i09_an_invitation_on_its_way_names_it_no_more(school, clinic, agrees_alone):
    child = clinic.child(joined="2027-01-12T09:00")
    messages = clinic.messages(child)
    assert messages
    assert guard(messages, now=at(MORNING)) == {}
    agrees_alone(child, tell=False)
    held = guard(messages, now=at(MORNING))
    assert set(held) == {message.pk for message in messages}
    for reworded in held.values():
        assert reworded.left_out == {"mmr"}
        assert reworded.personalisation["vaccination"] == "HPV vaccination"


@pytest.mark.parametrize(
    ("year", "programme", "expected"),
    [
        (2026, "mmr", "child_decided"),
        (2025, "mmr", "child_decided"),
        (2027, "mmr", ""),
        (2026, "flu", "child_decided"),
        (2025, "flu", ""),
    ],
)
def test_i09_the_wish_holds_for_the_doses_to_come(school, agrees_alone, year, programme, expected):
    """What is given anew each year tells nothing of the year before."""
    OrganisationProgramme.objects.get_or_create(
        organisation=school.organisation, programme_id=programme
    )
    child = school.child()
    then = factories.SessionFactory(
        organisation=school.organisation, academic_year=year, programmes=[programme]
    )
    agrees_alone(
        child, tell=False, programme=programme, session=then, when=f"{year + 1}-01-12T10:00"
    )
    assert exclusion(child, programme) == expected


def test_i09_the_childs_last_wish_holds(school, agrees_alone):
    child = school.child()
    agrees_alone(child, tell=False, when="2027-01-11T10:00")
    assert exclusion(child) == "child_decided"
    last = agrees_alone(child, tell=True)
    assert exclusion(child) == ""
    ConsentResponse.objects.filter(pk=last.pk).update(invalidated_at=at(MORNING))
    school.refresh(child, now=MORNING)
    assert exclusion(child) == "child_decided"
    ConsentResponse.objects.filter(child=child).update(invalidated_at=at(MORNING))
    school.refresh(child, now=MORNING)
    assert exclusion(child) == "", "nobody acted on it, and there is nothing to tell"


@pytest.mark.parametrize("withdrawn_at", [None, at("2026-01-12T11:00")])
@pytest.mark.parametrize("dose_on", [None, "2026-01-11", "2026-01-12"])
def test_i09_a_wish_ends_with_a_consent_that_was_withdrawn_before_anybody_acted_on_it(
    school, agrees_alone, withdrawn_at, dose_on
):
    """Were it to last, nobody would ask the parents in any later year."""
    child = school.child()
    last_year = factories.SessionFactory(
        organisation=school.organisation, academic_year=2025, programmes=["mmr"]
    )
    if dose_on:
        factories.VaccinationRecordFactory(
            child=child, programme_id="mmr", performed_on=dose_on, dose_sequence=1
        )
    agrees_alone(
        child, tell=False, session=last_year, when="2026-01-12T10:00", withdrawn_at=withdrawn_at
    )
    is_over = withdrawn_at and dose_on != "2026-01-12"
    assert exclusion(child) == ("" if is_over else "child_decided")


@pytest.fixture
def told_nothing_last_year(school, clinic, agrees_alone):
    """A child who had the first dose of MMR alone a year ago."""
    child = clinic.child(joined="2026-12-01T10:00")
    last_year = factories.SessionFactory(
        organisation=school.organisation, academic_year=2025, programmes=["mmr"]
    )
    agrees_alone(child, tell=False, session=last_year, when="2026-01-12T10:00")
    return child


def send(child, clinic, nurse):
    sessions = type(clinic.session).objects.with_days().select_related("location__team")
    return send_request(
        child=child,
        session=sessions.get(pk=clinic.session.pk),
        form_token=uuid4(),
        is_repeat_confirmed=True,
        now=at(MORNING),
        by=nurse,
    )


def test_i09_a_request_by_hand_leaves_out_what_the_child_keeps_to_themselves(
    told_nothing_last_year, clinic, nurse
):
    child = told_nothing_last_year
    send(child, clinic, nurse)
    assert [one.programme_id for one in ConsentRequest.objects.filter(child=child)] == ["hpv"]


def test_i09_no_request_by_hand_where_nothing_else_is_left_to_ask_about(
    told_nothing_last_year, clinic, nurse
):
    clinic.session.programmes.remove("hpv")
    session = type(clinic.session).objects.with_days().get(pk=clinic.session.pk)
    facts = child_facts(told_nothing_last_year, session, today=DAY)
    assert "asked us not to tell their parents" in why_no_request(facts, today=DAY)
    with pytest.raises(RequestNotPossible, match="asked us not to tell their parents"):
        send(told_nothing_last_year, clinic, nurse)


def requests_on_their_way(clinic, child):
    return [one for one in clinic.messages(child) if one.template.startswith("consent")]


def test_i09_a_request_on_its_way_names_it_no_more(school, clinic, agrees_alone, nurse):
    child = clinic.child(joined="2026-12-01T10:00")
    send(child, clinic, nurse)
    requests = requests_on_their_way(clinic, child)
    assert request_guard(requests, now=at(MORNING)) == {}
    agrees_alone(child, tell=False)
    said = request_guard(requests, now=at(MORNING))
    assert set(said) == {message.pk for message in requests}
    for reworded in said.values():
        assert reworded.left_out == {"mmr"}
        assert reworded.personalisation["vaccination"] == "HPV vaccination"
        assert reworded.personalisation["consent_link"].endswith("/hpv/start")


def test_i09_a_request_on_its_way_is_held_back_if_nothing_else_is_open(
    school, clinic, agrees_alone, nurse
):
    child = clinic.child(joined="2026-12-01T10:00")
    send(child, clinic, nurse)
    requests = requests_on_their_way(clinic, child)
    agrees_alone(child, tell=False)
    factories.VaccinationRecordFactory(child=child, programme_id="hpv", performed_on=DAY)
    school.refresh(child, now=MORNING)
    held = request_guard(requests, now=at(MORNING))
    assert held == {message.pk: Exclusion.CHILD_DECIDED.label for message in requests}


def test_i09_a_request_on_its_way_names_it_no_more_though_the_child_was_vaccinated_since(
    school, clinic, agrees_alone, nurse
):
    """That a programme is done goes before the wish in what is stored, and MMR is still open."""
    child = clinic.child(joined="2026-12-01T10:00")
    send(child, clinic, nurse)
    requests = requests_on_their_way(clinic, child)
    agrees_alone(child, tell=False, programme="hpv")
    factories.VaccinationRecordFactory(child=child, programme_id="hpv", performed_on=DAY)
    school.refresh(child, now=MORNING)
    assert exclusion(child, "hpv") == "vaccinated"
    for reworded in request_guard(requests, now=at(MORNING)).values():
        assert reworded.personalisation["vaccination"] == "MMR vaccination"
