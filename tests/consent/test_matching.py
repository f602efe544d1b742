"""What follows once a response is matched. Consent §3, scenarios of §14.1; lessons I22, I24."""

import pytest

from cohorts.models import Child, SchoolMove
from consent.models import ConsentResponse, OnlineDecision, OnlineResponse, Triage
from consent.selectors.matching import find_children, suggested_children
from consent.selectors.responses import later_answer
from consent.services import changes, follow_ups, matching
from consent.signals import response_considered
from sessions_app import statuses
from sessions_app.models import ProgrammeStatus, Session
from tests import factories
from tests.consent.online import NOW, YES_TO_TRIAGE, titles_of, waiting
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
GIVEN = {"programme_id": "hpv", "decision": "given", "methods": ["injection"]}


def status(child):
    return ProgrammeStatus.objects.get(child=child, programme_id="hpv")


def test_consent_14_1_an_exact_match_is_consent_given(link, nurse):
    child = link.child()
    response = link.answer(phone="+447700900001", wants_text_updates=True)
    assert response.child == child
    assert (response.matched_at, response.matched_by) == (NOW, None)
    consent = ConsentResponse.objects.get()
    assert consent.online_decision.response == response
    assert (consent.route, consent.recorded_by, consent.responded_at) == (
        "online",
        None,
        response.recorded_at,
    )
    assert (consent.parent_name, consent.relationship, consent.email, consent.phone) == (
        "Mo Lee",
        "Mum",
        "mo@example.com",
        "+447700900001",
    )
    assert (status(child).consent, status(child).triage) == ("given", "not_needed")
    assert "Consent given by Mo Lee (Mum)" in titles_of(child)
    assert child.relationships.get().parent.wants_text_updates
    assert not SchoolMove.objects.exists()


def test_consent_14_2_a_space_and_another_postcode_do_not_matter(link):
    child = link.child(given_name="Joanna", family_name="Smith", postcode="CV1 2AB")
    response = link.answer(given_name="Joanna ", family_name="SMITH", postcode="SW1A 1AA")
    assert response.child == child
    child.refresh_from_db()
    assert (child.given_name, child.postcode) == ("Joanna", "CV1 2AB")


def test_consent_14_3_a_refusal_keeps_its_reason_and_the_wish_to_talk(link):
    child = link.child()
    link.answer(
        address_line_1="",
        town="",
        postcode="",
        decisions=[
            {
                "programme_id": "hpv",
                "decision": "refused",
                "reason": "medical",
                "reason_details": "An allergy",
                "wants_follow_up": True,
            }
        ],
    )
    consent = ConsentResponse.objects.get()
    assert (consent.decision, consent.reason, consent.notes, consent.wants_follow_up) == (
        "refused",
        "medical",
        "An allergy",
        True,
    )
    assert "Consent refused by Mo Lee (Mum)" in titles_of(child)


def test_doubles_become_a_consent_each(organisation, link):
    child = link.child()
    refused = {"programme_id": "td_ipv", "decision": "refused", "reason": "personal"}
    link.answer(decisions=[GIVEN | {"programme_id": "menacwy"}, refused])
    assert dict(ConsentResponse.objects.values_list("programme_id", "decision")) == {
        "menacwy": "given",
        "td_ipv": "refused",
    }
    assert OnlineDecision.objects.filter(consent__child=child).count() == 2


def test_consent_14_31_nobody_is_found_for_a_wildcard_or_an_unlisted_twin(link):
    ann = link.child(given_name="Ann")
    wildcard = link.answer(given_name="%", family_name="%")
    amy = link.answer(given_name="Amy")
    assert waiting() == [wildcard, amy]
    assert not ann.consent_responses.exists()
    assert amy.looked_for_at == NOW
    [(_, found)] = find_children([amy], organisation=link.organisation)
    assert found.suggestions == (ann.pk,)


def test_i24_children_of_others_and_those_in_no_cohort_are_never_meant(link, elsewhere):
    child = link.child()
    Child.objects.filter(pk=child.pk).update(organisation=elsewhere)
    assert link.answer().child is None
    Child.objects.filter(pk=child.pk).update(organisation=None)
    assert link.answer().child is None


@pytest.mark.parametrize("flag", ["invalidated_at", "date_of_death"])
@pytest.mark.parametrize("nhs_number", ["", "9990000018"])
def test_consent_1_a_record_that_is_invalid_or_of_the_deceased_is_never_matched_by_itself(
    link, flag, nhs_number
):
    """Nor by the number that was found for the response. A person may still decide."""
    child = link.child(nhs_number=nhs_number or None)
    Child.objects.filter(pk=child.pk).update(
        **{flag: NOW.date() if flag == "date_of_death" else NOW}
    )
    response = link.answer(nhs_number=nhs_number)
    assert response.child is None
    assert waiting() == [response]
    assert not ConsentResponse.objects.exists()
    suggested = suggested_children(response)
    assert suggested == ([child] if flag == "date_of_death" else [])


def test_consent_1_an_invalid_copy_of_a_record_raises_no_doubt(link):
    """A record is invalid mostly because there is a better one of the same child."""
    Child.objects.filter(pk=link.child().pk).update(invalidated_at=NOW)
    child = link.child()
    assert link.answer().child == child


def test_a_response_is_matched_once(link):
    link.child()
    response = link.answer()
    assert not link.match(response)
    assert ConsentResponse.objects.count() == 1


class TestOrder:
    def test_i22_the_later_answer_counts_whenever_it_was_matched(self, link):
        child = link.child()
        refusal = [{"programme_id": "hpv", "decision": "refused", "reason": "personal"}]
        older = link.response(recorded_at=at("2027-01-11T09:00"), decisions=refusal)
        newer = link.response(recorded_at=at("2027-01-11T10:00"))
        link.match(newer)
        link.match(older)
        assert status(child).consent == "given"

    @pytest.mark.parametrize("is_talk", [False, True])
    def test_i22_what_she_said_since_outweighs_an_answer_that_is_matched_later(
        self, link, nurse, is_talk
    ):
        """Withdrawing, and that a refusal stands, are words of the day they were said."""
        child = link.child()
        mum = child.relationships.get().parent
        monday = factories.ResponseFactory(
            child=child,
            session=link.session,
            parent=mum,
            responded_at=at("2027-01-11T09:00"),
            **(
                {"decision": "refused", "reason": "other", "wants_follow_up": True}
                if is_talk
                else {}
            ),
        )
        tuesday = link.answer(given_name="Joey", recorded_at=at("2027-01-12T09:00"))
        assert tuesday.child is None
        if is_talk:
            session = Session.objects.with_days().get()
            said = {"session": session, "notes": "Sure", "now": at("2027-01-13T09:00")}
            follow_ups.confirm_that_it_stands(response=monday, by=nurse, **said)
        else:
            said = {"reason": "personal", "notes": "", "now": at("2027-01-13T09:00")}
            changes.withdraw_response(response=monday, by=nurse, **said)
        matching.link(response_id=tuesday.pk, child=child, by=nurse, now=at("2027-01-14T09:00"))
        assert status(child).consent == "refused"
        consent = ConsentResponse.objects.get(route="online")
        assert later_answer(consent) == monday
        monday.refresh_from_db()
        assert later_answer(monday) is None
        factories.ResponseFactory(
            child=child, session=link.session, parent=mum, responded_at=at("2027-01-15T09:00")
        )
        statuses.refresh([child.pk], today=NOW.date())
        assert status(child).consent == "given"

    @pytest.mark.parametrize(
        ("outcome", "then"), [("safe", "needed"), ("do_not_vaccinate", "do_not_vaccinate")]
    )
    def test_triage_that_did_not_see_the_answers_is_done_again_but_a_no_stands(
        self, link, nurse, outcome, then
    ):
        child = link.child()
        link.answer(decisions=[GIVEN | {"health_answers": YES_TO_TRIAGE}])
        response = link.response(
            parent_name="Di Lee",
            email="di@example.com",
            recorded_at=at("2027-01-12T09:30"),
            decisions=[GIVEN | {"health_answers": YES_TO_TRIAGE}],
        )
        Triage.objects.create(
            child=child,
            programme_id="hpv",
            organisation=link.organisation,
            session=link.session,
            academic_year=2026,
            outcome=outcome,
            performed_by=nurse,
            performed_at=at("2027-01-12T09:45"),
        )
        link.match(response)
        assert status(child).triage == then

    def test_an_answer_that_was_replaced_reopens_nothing(self, link, nurse):
        child = link.child()
        older = link.response(decisions=[GIVEN | {"health_answers": YES_TO_TRIAGE}])
        link.answer(recorded_at=at("2027-01-12T09:10"))
        triage = Triage.objects.create(
            child=child,
            programme_id="hpv",
            organisation=link.organisation,
            session=link.session,
            academic_year=2026,
            outcome="safe",
            performed_by=nurse,
            performed_at=at("2027-01-12T09:45"),
        )
        link.match(older)
        triage.refresh_from_db()
        assert triage.invalidated_at is None

    def test_the_log_says_when_it_was_answered_and_that_it_came_too_late(self, link):
        child = link.child()
        factories.VaccinationRecordFactory(child=child)
        statuses.refresh([child.pk], today=NOW.date())
        link.answer(recorded_at=at("2027-01-10T09:00"))
        entry = child.activity.get(title__startswith="Consent given")
        assert entry.body.splitlines() == [
            "HPV, online",
            "Answered on 10 January 2027",
            "The child was vaccinated already",
        ]


def test_the_announcement_comes_once_and_again_when_the_child_is_found_later(link, nurse):
    heard = []

    def hear(response, consents, is_first, **_):
        heard.append((response.pk, len(consents), is_first))

    response_considered.connect(hear)
    try:
        first = link.answer(given_name="Later")
        link.match(first)
        child = link.child()
        second = link.answer()
        matching.link(response_id=first.pk, child=child, by=nurse, now=NOW)
    finally:
        response_considered.disconnect(hear)
    assert heard == [(first.pk, 0, True), (second.pk, 1, True), (first.pk, 1, False)]


def test_a_sensitive_child_is_matched_and_nothing_is_lost(link):
    child = link.child()
    Child.objects.filter(pk=child.pk).update(restricted_at=NOW)
    assert link.answer().child == child
    assert OnlineResponse.objects.waiting().count() == 0
