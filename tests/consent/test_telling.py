"""What each parent is told of triage, and that they are told it once. Consent §10."""

from datetime import date
from uuid import uuid4

import pytest

from consent import status_rules, triage_options
from consent.choices import Route
from consent.decisions import Agreement
from consent.models import GillickAssessment, ResponseDraft
from consent.selectors.triage import basis_now, counted_responses
from consent.services import matching
from consent.services.contacts import stored_details
from consent.services.responses import Answer, Given, record_response
from consent.services.triage import Verdict, decide_triage
from consent.services.who_answers import KnownParent
from consent.triage_guard import triage_guard
from notifications.models import Message
from sessions_app import statuses
from sessions_app.models import ProgrammeStatus, Session
from tests import factories
from tests.consent.online import YES_TO_TRIAGE
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
GIVEN = {"programme_id": "hpv", "decision": "given", "methods": ["injection"]}
WORRY = [GIVEN | {"health_answers": YES_TO_TRIAGE}]
MO, DI = "mo@example.com", "di@example.com"


def clock(time):
    return at(f"2027-01-12T{time}")


@pytest.fixture
def child(link):
    """Mum's answer calls for triage; Dad is on record."""
    child = link.child()
    factories.RelationshipFactory(child=child, parent__full_name="Di Lee", parent__email=DI)
    link.match(link.response(decisions=WORRY, recorded_at=clock("09:00")), now=clock("09:01"))
    return child


@pytest.fixture
def dads(link):
    """Dad's answer of half past nine, which waits for its child."""
    return lambda **fields: link.response(
        **{
            "parent_name": "Di Lee",
            "relationship": "father",
            "email": DI,
            "decisions": WORRY,
            "recorded_at": clock("09:30"),
        }
        | fields
    )


@pytest.fixture
def decide(link, nurse):
    def decide(child, outcome, time, **fields):
        session = Session.objects.with_days().select_related("organisation", "location__team")
        today = clock(time).date()
        counted = [seen for seen, _ in counted_responses(child, "hpv", 2026, today=today)]
        agreement = status_rules.agreed(counted)
        options = triage_options.options("hpv", agreement, is_at_clinic=False)
        return decide_triage(
            child=child,
            session=session.get(pk=link.session.pk),
            programme="hpv",
            verdict=Verdict(
                next(one for one in options if one.outcome == outcome),
                basis_now(child, "hpv", 2026, today=today),
                **fields,
            ),
            form_token=uuid4(),
            now=clock(time),
            by=nurse,
        )

    return decide


def told():
    """Each email about triage that was queued: what and to whom, the oldest first."""
    found = Message.objects.filter(template__startswith="triage_").order_by("created_at", "pk")
    return [(one.template.removeprefix("triage_"), one.recipient) for one in found]


@pytest.mark.parametrize("outcome", ["do_not_vaccinate", "invite_to_clinic"])
def test_a_late_answer_that_joins_a_no_hears_of_it(child, dads, decide, link, nurse, outcome):
    """Its reply said that they will be told what was decided, and nobody decides again."""
    response = dads()
    decide(child, outcome, "10:00")
    template = {"invite_to_clinic": "clinic"}.get(outcome, outcome)
    assert told() == [(template, MO)]
    matching.link(response_id=response.pk, child=child, by=nurse, now=clock("11:00"))
    assert ProgrammeStatus.objects.get(child=child, programme="hpv").triage == outcome
    assert told() == [(template, MO), (template, DI)]
    queued = list(Message.objects.filter(template__startswith="triage_"))
    assert triage_guard(queued, now=clock("11:01")) == {}
    decide(child, outcome, "11:30")
    assert len(told()) == 2, "and not again"


def test_who_answers_after_a_no_without_a_worry_hears_of_it_after_their_reply(
    child, dads, decide, link
):
    decide(child, "do_not_vaccinate", "10:00")
    link.match(dads(decisions=[GIVEN], recorded_at=clock("10:30")), now=clock("10:31"))
    assert told() == [("do_not_vaccinate", MO), ("do_not_vaccinate", DI)]
    assert Message.objects.get(recipient=DI).due_at == clock("10:46")


def test_who_answers_anew_after_a_no_is_told_once_more_after_their_reply(child, decide, link):
    """Their reply says that we expect to vaccinate."""
    decide(child, "do_not_vaccinate", "10:00")
    Message.objects.update(status="delivered", accepted_at=clock("10:01"))
    link.match(link.response(decisions=[GIVEN], recorded_at=clock("15:00")), now=clock("15:01"))
    assert told() == [("do_not_vaccinate", MO), ("do_not_vaccinate", MO)]
    first, again = Message.objects.filter(template__startswith="triage_").order_by("pk")
    assert (again.resend_of, again.due_at) == (first, clock("15:16"))
    assert triage_guard([again], now=clock("15:17")) == {}
    link.match(link.response(decisions=[GIVEN], recorded_at=clock("15:02")), now=clock("15:03"))
    assert len(told()) == 2, "the second one still waits"


@pytest.mark.parametrize("status", ["withheld", "failed"])
def test_who_never_got_what_was_decided_is_told_when_they_answer_anew(
    child, decide, link, nurse, status
):
    decide(child, "do_not_vaccinate", "10:00")
    Message.objects.update(status=status)
    link.match(link.response(decisions=[GIVEN], recorded_at=clock("15:00")), now=clock("15:01"))
    assert told() == [("do_not_vaccinate", MO), ("do_not_vaccinate", MO)]


def test_a_job_that_finds_the_child_at_night_tells_from_nine(child, dads, decide, link):
    decide(child, "do_not_vaccinate", "10:00")
    tomorrow = at("2027-01-13T04:20")
    link.match(dads(decisions=[GIVEN], recorded_at=clock("23:30")), now=tomorrow)
    assert Message.objects.get(recipient=DI).due_at == at("2027-01-13T09:00")


def test_a_newer_worry_waits_for_the_nurse(child, dads, decide, link):
    decide(child, "do_not_vaccinate", "10:00")
    link.match(dads(recorded_at=clock("10:30")), now=clock("10:31"))
    assert told() == [("do_not_vaccinate", MO)]
    decide(child, "do_not_vaccinate", "11:00")
    assert told() == [("do_not_vaccinate", MO), ("do_not_vaccinate", DI)]


def test_nothing_is_told_by_itself_to_somebody_whom_nobody_knows(child, dads, decide, link):
    decide(child, "do_not_vaccinate", "10:00")
    response = dads(email="who@example.com", parent_name="Who Knows", decisions=[GIVEN])
    assert link.match(response, now=clock("10:31"))
    assert told() == [("do_not_vaccinate", MO)]


def test_who_refuses_hears_of_no_triage(child, dads, decide, link):
    decide(child, "do_not_vaccinate", "10:00")
    refused = {"programme_id": "hpv", "decision": "refused", "reason": "personal"}
    link.match(dads(decisions=[refused]), now=clock("10:31"))
    assert told() == [("do_not_vaccinate", MO)]


def test_a_form_on_paper_that_joins_a_no_hears_of_it(child, decide, link, nurse):
    decide(child, "do_not_vaccinate", "10:00")
    dad = child.relationships.get(parent__email=DI).parent
    draft = ResponseDraft.objects.create(
        owner=nurse, session=link.session, child=child, programme_id="hpv"
    )
    answer = Answer("hpv", "given", agreement=Agreement(), health_answers=YES_TO_TRIAGE)
    given = Given(
        who=KnownParent(dad.pk, stored_details(dad)),
        route=Route.PAPER,
        answers=[answer],
        signed_on=date(2027, 1, 8),
    )
    record_response(draft_id=draft.pk, given=given, now=clock("11:00"), by=nurse)
    assert told() == [("do_not_vaccinate", MO), ("do_not_vaccinate", DI)]


def test_safe_again_after_a_late_answer_is_told_to_those_who_do_not_know(child, dads, decide, link):
    response = dads()
    decide(child, "safe", "10:00")
    assert told() == [("safe", MO)]
    link.match(response, now=clock("11:00"))
    assert ProgrammeStatus.objects.get(child=child, programme="hpv").triage == "needed"
    decide(child, "safe", "11:30")
    assert told() == [("safe", MO), ("safe", DI)]
    decide(child, "safe", "11:40")
    assert len(told()) == 2


def test_whose_second_answer_came_in_late_is_told_again(child, dads, decide, link):
    """They were promised to hear of it, and what they were told before was on other answers."""
    link.match(dads(recorded_at=clock("09:10")), now=clock("09:11"))
    second = dads()
    decide(child, "safe", "10:00")
    link.match(second, now=clock("11:00"))
    decide(child, "safe", "11:30")
    assert sorted(told()) == [("safe", DI), ("safe", DI), ("safe", MO)]


def test_what_was_held_back_was_not_told(child, decide):
    decide(child, "safe", "10:00")
    Message.objects.filter(recipient=MO).update(status="withheld", settled_at=clock("10:01"))
    decide(child, "safe", "10:30")
    assert told() == [("safe", MO), ("safe", MO)]


def test_parents_who_share_an_address_read_it_once(child, dads, decide, link):
    twin_address = factories.RelationshipFactory(child=child, parent__email=MO).parent
    factories.ResponseFactory(
        child=child, session=link.session, parent=twin_address, responded_at=clock("09:20")
    )
    statuses.refresh([child.pk], today=clock("09:20").date())
    decide(child, "safe", "10:00")
    decide(child, "safe", "10:30")
    assert told() == [("safe", MO)]


def test_consent_10_what_was_decided_on_the_childs_own_answer_is_told_to_nobody(
    organisation, link, dads, decide, nurse
):
    """Not even to a parent who answers after that consent lapsed."""
    child = link.child()
    assessment = GillickAssessment.objects.create(
        child=child,
        programme_id="hpv",
        session=link.session,
        assessed_on=clock("09:00").date(),
        **dict.fromkeys(GillickAssessment.STATEMENTS, True),
        performed_by=nurse,
        performed_at=clock("09:00"),
    )
    own = factories.ResponseFactory(
        child=child,
        session=link.session,
        parent=None,
        parent_name=child.full_name,
        relationship="Child (Gillick competent)",
        route="self",
        notify_parents=True,
        assessment=assessment,
        responded_at=clock("09:00"),
        recorded_by=nurse,
    )
    decide(child, "do_not_vaccinate", "10:00")
    own.invalidated_at = clock("10:30")
    own.save()
    link.match(link.response(recorded_at=clock("11:00")), now=clock("11:01"))
    status = ProgrammeStatus.objects.get(child=child, programme="hpv")
    assert (status.consent, status.triage) == ("given", "do_not_vaccinate")
    assert told() == []
