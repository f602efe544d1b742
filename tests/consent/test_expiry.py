"""What is good for one session day, or for one session, lapses with it and is not lost."""

from datetime import date

import pytest
from django.urls import reverse

from activity.models import Entry
from consent import facts
from consent.choices import TriageOutcome
from consent.models import ConsentResponse, GillickAssessment, ResponseChange, Triage
from consent.selectors import lists
from consent.selectors.facts import may_all_be_given
from consent.services import changes, expiry
from consent.tasks import expire_self_consents
from heartbeats.faults import SomeFailed
from sessions_app import closing, statuses
from sessions_app.models import Membership, ProgrammeStatus, Session
from tests import factories
from tests.conftest import signed_in
from tests.consent.school import School
from tests.consent.wizard import names
from tests.pages import count_queries, page
from tests.sessions_app.conftest import Clinic, at

pytestmark = pytest.mark.django_db
DAY = date(2027, 1, 12)
ON_THE_DAY, IN_THE_NIGHT = "2027-01-12T11:00", "2027-01-13T02:00"
WORRY = [{"question": "severe_allergies", "yes": True, "calls_for_triage": True}]


@pytest.fixture
def school(organisation):
    return School(organisation)


@pytest.fixture
def agrees_alone(school, nurse):
    """`agrees_alone(child)`: a competent child's own answer on the day of the session."""

    def agree(child, decision="given", **fields):
        assessment = GillickAssessment.objects.create(
            child=child,
            programme_id="hpv",
            session=school.session,
            assessed_on=DAY,
            **dict.fromkeys(GillickAssessment.STATEMENTS, True),
            performed_by=nurse,
            performed_at=at(ON_THE_DAY),
        )
        given = {"notify_parents": False} if decision == "given" else {"reason": "personal"}
        response = factories.ResponseFactory(
            child=child,
            session=school.session,
            parent=None,
            parent_name=child.full_name,
            relationship="Child (Gillick competent)",
            route="self",
            decision=decision,
            assessment=assessment,
            responded_at=at(ON_THE_DAY),
            recorded_by=nurse,
            **given,
            **fields,
        )
        school.refresh(child, now=ON_THE_DAY)
        return response

    return agree


@pytest.fixture
def decided(school, nurse):
    def decide(child, outcome, when="2027-01-12T11:30", session=None):
        triage = Triage.objects.create(
            child=child,
            programme_id="hpv",
            organisation=school.organisation,
            session=session or school.session,
            academic_year=2026,
            outcome=outcome,
            delay_until=date(2027, 3, 1) if outcome == "delay" else None,
            performed_by=nurse,
            performed_at=at(when),
        )
        school.refresh(child, now=ON_THE_DAY)
        return triage

    return decide


def status(child):
    return ProgrammeStatus.objects.get(child=child, programme="hpv", academic_year=2026)


def expire(school, now=IN_THE_NIGHT):
    return expiry.expire_self_consents(school.organisation.pk, now=at(now))


def close(school, nurse):
    closing.close_session(session_id=school.session.pk, by=nurse, now=at("2027-01-13T10:00"))


def is_valid(row):
    row.refresh_from_db()
    return row.invalidated_at is None


def test_consent_11_an_own_consent_is_good_for_one_day(school, agrees_alone):
    child = school.child()
    own = agrees_alone(child)
    assert expire(school, "2027-01-12T23:59") == 0
    assert status(child).consent == "given"
    assert expire(school, "2027-01-13T00:01") == 1
    assert status(child).consent == "no_response"
    kept = ConsentResponse.objects.get()
    assert (kept.pk, kept.decision, kept.invalidated_at) == (
        own.pk,
        "given",
        at("2027-01-13T00:01"),
    )
    change = ResponseChange.objects.get()
    assert (change.kind, change.notes, change.by) == ("invalidated", expiry.OF_THE_DAY, None)
    entry = Entry.objects.get(title=f"Consent from {child.full_name} invalidated")
    assert (entry.body, entry.session_id) == (f"HPV\n{expiry.OF_THE_DAY}", school.session.pk)
    assert expire(school) == 0
    assert list(statuses.stale([child.pk], today=date(2027, 1, 13))) == []


@pytest.mark.parametrize("outcome", ["", *TriageOutcome.values])
@pytest.mark.parametrize("is_used", [False, True], ids=["unused", "used"])
def test_consent_11_from_midnight_on_it_is_as_if_the_job_had_come(
    school, agrees_alone, decided, outcome, is_used
):
    """Workers may be away at night: who is ready is decided by the day, not by them."""
    child = school.child()
    parent = child.relationships.get().parent
    factories.ResponseFactory(
        child=child,
        session=school.session,
        parent=parent,
        health_answers=WORRY,
        responded_at=at("2027-01-10T09:00"),
    )
    decided(child, "do_not_vaccinate", "2027-01-11T09:00")
    agrees_alone(child, health_answers=WORRY)
    ConsentResponse.objects.filter(route="self").update(notify_parents=True)
    if outcome:
        decided(child, outcome)
    if is_used:
        factories.VaccinationRecordFactory(child=child, performed_on=DAY)
        school.refresh(child, now=ON_THE_DAY)

    def standing():
        return statuses.compute([child.pk], 2026, today=date(2027, 1, 13))

    at_midnight = standing()
    about = ([child.pk], 2026, date(2027, 1, 13))
    assert facts.status_facts(*about) == {
        "consent": facts.consent_facts(*about),
        "triage": facts.triage_facts(*about),
        "exclusion": facts.exclusion_facts(*about),
    }, "what is stored is what pages and guards find each by itself"
    assert expire(school) == (0 if is_used else 1)
    assert standing() == at_midnight
    assert list(statuses.stale([child.pk], today=date(2027, 1, 13))) == []


def test_consent_11_no_page_says_ready_the_next_morning_without_the_job(
    school, agrees_alone, nurse, morning
):
    child = school.child()
    agrees_alone(child)
    address = reverse("consent:child", kwargs=names(school, child))

    def shown(now):
        morning.move_to(at(now), tick=False)
        return page(signed_in(nurse).get(address), names_person=True).text

    assert "Ready for nurse" in shown("2027-01-12T23:59")
    assert "Ready for nurse" not in shown("2027-01-13T00:00")
    assert "No response" in shown("2027-01-13T08:00")
    assert not may_all_be_given(child.pk, ["hpv"], 2026, today=date(2027, 1, 13))


def test_consent_11_nobody_withdraws_the_next_morning_what_is_over(school, agrees_alone, nurse):
    """Else the child's "no" would stand against their parents' yes for the rest of the year."""
    own = agrees_alone(school.child())

    def withdraw(now):
        changes.withdraw_response(response=own, reason="personal", notes="", now=at(now), by=nurse)

    with pytest.raises(changes.ChangeNotPossible, match="for one day that is over"):
        withdraw("2027-01-13T00:00")
    withdraw("2027-01-12T23:59")
    own.refresh_from_db()
    assert own.withdrawn_at


def test_consent_11_reasons_of_parents_are_listed_once_the_childs_own_is_over(school, agrees_alone):
    child = school.child()
    factories.ResponseFactory(
        child=child,
        session=school.session,
        parent=child.relationships.get().parent,
        decision="refused",
        reason="medical",
        responded_at=at("2027-01-10T09:00"),
    )
    agrees_alone(child)

    def reasons(day):
        return lists.refusal_reasons([child.pk], ["hpv"], 2026, today=date(2027, 1, day))

    assert (reasons(12), reasons(13)) == ({}, {child.pk: ["Medical reasons"]})


def test_consent_11_what_a_nurse_decides_in_the_morning_outlives_a_job_that_comes_late(
    school, agrees_alone, decided
):
    child = school.child()
    factories.ResponseFactory(
        child=child,
        session=school.session,
        parent=child.relationships.get().parent,
        health_answers=WORRY,
        responded_at=at("2027-01-10T09:00"),
    )
    agrees_alone(child, health_answers=WORRY)
    of_the_day = decided(child, "safe")
    in_the_morning = decided(child, "safe", "2027-01-13T08:00")
    [known] = statuses.compute([child.pk], 2026, today=date(2027, 1, 13))
    assert (known.consent, known.triage) == ("given", "safe")
    assert expire(school, "2027-01-13T09:00") == 1
    assert (is_valid(of_the_day), is_valid(in_the_morning)) == (False, True)
    assert (status(child).consent, status(child).triage) == ("given", "safe")


def test_nobody_is_written_to_at_night_because_a_consent_lapsed(organisation, school, agrees_alone):
    clinic = Clinic(organisation)
    child = school.child()
    agrees_alone(child)
    clinic.join(child, now="2027-01-12T12:00")
    assert expire(school) == 1
    assert clinic.messages(child) == []
    assert clinic.plan("2027-01-13T09:00") == 1


def test_consent_11_the_parents_answer_counts_again(school, agrees_alone):
    child = school.child()
    parent = child.relationships.get().parent
    factories.ResponseFactory(
        child=child, session=school.session, parent=parent, decision="refused", reason="personal"
    )
    agrees_alone(child)
    assert status(child).consent == "given"
    expire(school)
    assert status(child).consent == "refused"


@pytest.mark.parametrize("is_withdrawn", [False, True], ids=["refused", "withdrawn"])
@pytest.mark.parametrize("is_closed", [False, True], ids=["in the night", "when closed"])
def test_consent_11_a_competent_childs_no_stands_beside_a_parents_yes(
    school, agrees_alone, nurse, is_withdrawn, is_closed
):
    """Nobody becomes ready by the passing of a day."""
    child = school.child()
    parent = child.relationships.get().parent
    factories.ResponseFactory(child=child, session=school.session, parent=parent)
    own = agrees_alone(child, "given" if is_withdrawn else "refused")
    if is_withdrawn:
        changes.withdraw_response(
            response=own, reason="personal", notes="", now=at("2027-01-12T11:10"), by=nurse
        )
    assert status(child).consent == "refused"
    if is_closed:
        close(school, nurse)
    assert expire(school) == 0
    assert is_valid(own)
    assert status(child).consent == "refused"


@pytest.mark.parametrize("dose", ["2027-01-12", "2027-01-13"])
def test_consent_11_a_consent_that_was_acted_on_stays(school, agrees_alone, decided, dose):
    child = school.child()
    own, safe = agrees_alone(child), decided(child, "safe")
    factories.VaccinationRecordFactory(child=child, performed_on=date.fromisoformat(dose))
    assert expire(school) == 0
    assert is_valid(own)
    assert is_valid(safe)


def test_consent_11_a_first_of_two_doses_is_acting_on_it(school, agrees_alone, nurse):
    """One dose of MMR does not make a child vaccinated, and was given on this consent."""
    child = school.child()
    own = agrees_alone(child)
    ConsentResponse.objects.filter(pk=own.pk).update(programme="mmr")
    factories.VaccinationRecordFactory(child=child, programme_id="mmr", performed_on=DAY)
    assert expire(school) == 0


@pytest.mark.parametrize(
    ("performed_on", "outcome"), [("2026-10-01", "administered"), ("2027-01-12", "refused")]
)
def test_consent_11_an_earlier_dose_or_a_failed_attempt_is_not(
    school, agrees_alone, performed_on, outcome
):
    child = school.child()
    agrees_alone(child)
    factories.VaccinationRecordFactory(
        child=child, performed_on=date.fromisoformat(performed_on), outcome=outcome
    )
    assert expire(school) == 1


@pytest.mark.parametrize(
    ("outcome", "lapses"),
    [(outcome, outcome == "safe") for outcome in TriageOutcome.values],
)
def test_consent_11_only_that_it_is_safe_lapses_with_an_own_consent(
    school, agrees_alone, decided, outcome, lapses
):
    child = school.child()
    before = decided(child, "safe", "2027-01-12T09:00")
    agrees_alone(child, health_answers=WORRY)
    triage = decided(child, outcome)
    expire(school)
    assert is_valid(triage) is not lapses
    assert is_valid(before)
    told = Entry.objects.filter(title="Triage decision invalidated: Safe to vaccinate")
    assert told.exists() is lapses


def test_consent_11_a_fault_shows_and_the_next_run_makes_up_for_it(
    school, agrees_alone, monkeypatch, time_machine
):
    agrees_alone(school.child())
    own = agrees_alone(school.child())
    expire_one = expiry.expire_self_consents
    time_machine.move_to(at(IN_THE_NIGHT))

    def fail(organisation_id, *, now):
        raise RuntimeError

    monkeypatch.setattr(expiry, "expire_self_consents", fail)
    with pytest.raises(SomeFailed):
        expire_self_consents()
    assert is_valid(own)
    monkeypatch.setattr(expiry, "expire_self_consents", expire_one)
    expire_self_consents()
    assert not is_valid(own)
    expire_self_consents()
    assert ResponseChange.objects.count() == 2


def test_consent_11_expiring_takes_the_same_queries_for_2_and_for_12_children(
    school, agrees_alone, decided
):
    def counted(children):
        for _ in range(children):
            child = school.child()
            agrees_alone(child, health_answers=WORRY)
            decided(child, "safe")
        return count_queries(lambda: expire(school))

    assert counted(2) == counted(12)


def test_consent_11_closing_ends_own_consents_and_that_it_was_safe(
    school, agrees_alone, decided, nurse
):
    alone, safe, done, delayed, stopped = (school.child() for _ in range(5))
    own = agrees_alone(alone)
    triages = {child: decided(child, "safe") for child in (safe, done)}
    triages |= {delayed: decided(delayed, "delay"), stopped: decided(stopped, "do_not_vaccinate")}
    factories.ResponseFactory(child=safe, session=school.session, health_answers=WORRY)
    factories.VaccinationRecordFactory(child=done, performed_on=DAY)
    for child in (safe, done):
        school.refresh(child, now=ON_THE_DAY)
    assert status(safe).triage == "safe"
    close(school, nurse)
    assert not is_valid(own)
    assert [child for child in triages if not is_valid(triages[child])] == [safe]
    assert status(safe).triage == "needed"
    assert status(stopped).exclusion == "do_not_vaccinate"
    change = ResponseChange.objects.get()
    assert (change.notes, change.by) == (expiry.CLOSED, nurse)
    entry = Entry.objects.get(title="Triage decision invalidated: Safe to vaccinate")
    assert (entry.child, entry.body, entry.actor) == (safe, f"HPV\n{expiry.CLOSED}", nurse)
    in_clinic = Membership.objects.filter(session__in=Session.objects.clinics())
    assert set(in_clinic.values_list("child", flat=True)) == {
        child.pk for child in (alone, safe, delayed, stopped)
    }
    ids = [child.pk for child in (alone, *triages)]
    assert list(statuses.stale(ids, today=date(2027, 1, 13))) == []


def test_consent_11_what_a_clinic_decided_outlives_the_schools_session(
    school, decided, nurse, organisation
):
    child = school.child()
    clinic = factories.ClinicSessionFactory(organisation=organisation)
    at_school = decided(child, "safe")
    at_clinic = decided(child, "safe", "2027-01-12T12:00", session=clinic)
    close(school, nurse)
    assert is_valid(at_school)
    assert is_valid(at_clinic)


def test_consent_11_closing_takes_the_same_queries_for_2_and_for_12_children(
    organisation, decided, agrees_alone, school, nurse
):
    def counted(children):
        for _ in range(children):
            agrees_alone(school.child())
            decided(school.child(), "safe")
        session = school.session
        return count_queries(
            lambda: expiry.expire_with_session(session, by=nurse, now=at(IN_THE_NIGHT))
        )

    assert counted(2) == counted(12)
