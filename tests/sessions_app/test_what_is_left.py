"""A programme that falls away while a letter about two is on its way: the rest is still said, once
at each address.
"""

from collections import Counter
from datetime import date, timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from cohorts.models import Child, Parent
from cohorts.signals import children_changed
from notifications import claims, guarding, hints, resending, rewording, sending, settling, sweeping
from notifications.models import Channel, Lane, Message
from programmes.models import OrganisationProgramme, Programme
from sessions_app.invitations.guard import guard, what_is_left
from sessions_app.models import Invitation, SessionDate
from tests import factories
from tests.sessions_app.conftest import Clinic, at
from tests.sessions_app.test_concurrent_planning import wait_for_a_waiter
from tests.threads import at_once
from vaccinations.models import VaccinationRecord
from vaccinations.services import facts_changed

W = at("2027-01-04T09:00")
LATER = W + timedelta(hours=1)
BOTH, REST = "HPV and MenACWY vaccinations", "MenACWY vaccination"


class Letters(Clinic):
    """A clinic for HPV and MenACWY whose messages go to a sandbox when the test says so."""

    def __init__(self, sandbox, **fields):
        super().__init__(factories.OrganisationFactory(), **fields)
        OrganisationProgramme.objects.create(organisation=self.organisation, programme_id="menacwy")
        self.session.programmes.add("menacwy")
        self.sandbox = sandbox
        self.now = W

    def family(self, **fields):
        return self.child(birth_academic_year=2012, **fields)

    def clock(self):
        return self.now

    def send(self, *channels):
        """Send what waits on these channels, or on all; how many requests that took."""
        waiting = Message.objects.filter(status="waiting")
        waiting.update(due_at=self.now + timedelta(days=30))
        due = waiting.filter(channel__in=channels or Channel.values)
        due.update(due_at=self.now)
        made = sending.send_due(lane=Lane.BULK, clock=self.clock)
        waiting.update(due_at=self.now)
        return made

    def claim(self):
        backlog = claims.backlog(lanes=list(Lane), channels=Channel.values, now=self.now)
        return backlog.claim(most=50, now=self.now)

    def vaccinate(self, child, programme="hpv"):
        record = VaccinationRecord.objects.create(
            child=child,
            programme_id=programme,
            organisation=child.organisation,
            outcome=VaccinationRecord.Outcome.ALREADY_HAD,
            performed_on=self.now.date(),
            place_name="Elsewhere",
        )
        facts_changed([child.pk], now=self.now, by=None)
        return record

    def undo(self, record):
        child = record.child_id
        VaccinationRecord.objects.filter(pk=record.pk).delete()
        facts_changed([child], now=self.now, by=None)

    def told(self):
        """How often the sandbox took which vaccinations for which channel."""
        return Counter(
            (
                "email" if each["subject"] else "text",
                each["raw_request"]["personalisation"]["vaccination"],
            )
            for each in self.sandbox.messages()
        )

    def standing(self):
        found = Invitation.objects.standing().filter(session=self.session)
        return sorted(found.values_list("programme_id", flat=True))


@pytest.fixture
def sandboxed(sandbox, settings):
    settings.NOTIFY_BASE_URL = sandbox.base_url
    hints.connection().flushdb()
    yield sandbox
    hints.connection().flushdb()


@pytest.fixture
def letters(db, sandboxed):
    return Letters(sandboxed)


def test_the_rigs_lost_two_a_child_vaccinated_between_the_text_and_the_email_of_a_letter(letters):
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.send("text")
    letters.vaccinate(child)
    assert letters.send() == 1
    assert letters.told() == {("text", BOTH): 1, ("email", REST): 1}
    [read] = [each for each in letters.sandbox.messages() if each["subject"]]
    assert "HPV" not in read["subject"] + read["body"]
    assert letters.standing() == ["hpv", "menacwy"], "the family was told of both, by text"
    email = Message.objects.get(channel="email")
    assert (email.left_out, email.lane) == (["hpv"], Lane.URGENT)
    sent = child.activity.filter(title__startswith="Session clinic").order_by("id")
    assert list(sent.values_list("title", "body")) == [
        ("Session clinic initial invitation sent", Message.objects.get(channel="text").recipient),
        ("Session clinic initial invitation written without HPV: Already vaccinated",
         email.recipient),
        ("Session clinic initial invitation sent", email.recipient),
    ]  # fmt: skip
    assert letters.plan("2027-01-05T09:00") == 0
    assert letters.send() == 0


def test_both_fell_away_so_that_nothing_more_is_sent(letters):
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.send("text")
    letters.vaccinate(child)
    letters.vaccinate(child, "menacwy")
    assert letters.send() == 0
    email = Message.objects.get(channel="email")
    assert (email.status, email.reason) == ("withheld", "Already vaccinated")
    assert letters.plan("2027-01-05T09:00") == 0


def test_the_second_falls_away_after_the_first_was_left_out(letters):
    """Between two attempts: the row says MenACWY alone, and then nothing is left of it."""
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.vaccinate(child)
    assert len(guarding.ask(letters.claim(), now=letters.now)) == 2
    assert letters.standing() == ["menacwy"], "nobody was told of HPV"
    Message.objects.update(status="waiting", claim=None)
    letters.vaccinate(child, "menacwy")
    assert letters.send() == 0
    assert letters.standing() == []
    assert letters.told() == {}


def test_what_nobody_was_told_is_planned_anew_once_it_is_due_again(letters):
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    record = letters.vaccinate(child)
    letters.send()
    assert letters.standing() == ["menacwy"]
    letters.now = LATER
    letters.undo(record)
    letters.send()
    assert letters.told() == {
        ("text", REST): 1,
        ("email", REST): 1,
        ("text", "HPV vaccination"): 1,
        ("email", "HPV vaccination"): 1,
    }
    again = letters.vaccinate(child)
    letters.undo(again)
    letters.plan("2027-01-05T09:00")
    assert letters.send() == 0


def test_what_only_a_text_named_is_free_once_that_failed(letters):
    """Nothing about the child changes then: a number that is out of reach today stays on record."""
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.send("text")
    letters.vaccinate(child)
    letters.send()
    assert letters.standing() == ["hpv", "menacwy"]
    settlement = settling.Settlement(now=LATER)
    settlement.conclude(Message.objects.get(channel="text"), status="temporary-failure")
    settlement.save()
    assert letters.standing() == ["menacwy"]


def test_a_fact_that_changed_twice_before_the_email_changes_nothing(letters):
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.send("text")
    letters.undo(letters.vaccinate(child))
    letters.send()
    assert letters.told() == {("text", BOTH): 1, ("email", BOTH): 1}


def test_what_was_left_out_once_stays_out_of_a_message_that_is_tried_again(letters):
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.send("text")
    record = letters.vaccinate(child)
    guarding.ask(letters.claim(), now=letters.now)
    Message.objects.filter(channel="email").update(status="waiting", claim=None)
    letters.undo(record)
    letters.send()
    assert letters.told() == {("text", BOTH): 1, ("email", REST): 1}


def test_a_sender_that_dies_after_writing_the_new_words_loses_and_doubles_nothing(letters):
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.send("text")
    letters.vaccinate(child)
    guarding.ask(letters.claim(), now=letters.now)
    for _ in range(12):
        letters.now += timedelta(minutes=1)
        sweeping.sweep(clock=letters.clock)
        sweeping.settle_unclear(clock=letters.clock)
    assert letters.send() == 1
    assert letters.told() == {("text", BOTH): 1, ("email", REST): 1}
    assert child.activity.filter(title__contains="written without").count() == 1


def test_a_repeat_leaves_out_what_consent_was_given_for(sandboxed, db, facts):
    letters = Letters(sandboxed, dates=[date(2027, 1, 25), date(2027, 2, 8)])
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.send()
    letters.now = at("2027-01-26T09:00")
    letters.plan("2027-01-26T09:00")
    letters.send("text")
    facts(consent={(child.pk, "hpv"): "given"})
    letters.send()
    assert letters.told() == {
        ("text", BOTH): 2,
        ("email", BOTH): 1,
        ("email", REST): 1,
    }
    title = "Session clinic subsequent invitation written without HPV: Consent was given meanwhile"
    assert child.activity.filter(title=title).count() == 1


def test_the_last_that_named_it_is_held_back_after_it_was_left_out_of_the_others(letters):
    """A parent's number goes: then nobody was told of HPV."""
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.vaccinate(child)
    letters.send("email")
    assert letters.standing() == ["hpv", "menacwy"], "the text still names both"
    Parent.objects.update(phone="")
    letters.send()
    assert letters.told() == {("email", REST): 1}
    assert letters.standing() == ["menacwy"]


def test_what_failed_where_it_was_named_is_told_where_it_was_left_out(letters):
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.send("text")
    record = letters.vaccinate(child)
    letters.send()
    Message.objects.filter(channel="text").update(status="failed", settled_at=letters.now)
    letters.undo(record)
    letters.send()
    assert letters.told()["email", "HPV vaccination"] == 1
    assert letters.standing() == ["hpv", "menacwy"]
    # The failed text, sent again by a person, leaves to the new letter what that one says.
    failed = Message.objects.get(status="failed")
    resending.send_again(failed.pk, by=factories.UserFactory(), now=letters.now)
    letters.send()
    assert letters.told()["text", BOTH] == 1
    assert letters.told()["text", REST] == 1


def test_what_is_sent_again_says_what_was_left_out(letters):
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.vaccinate(child)
    letters.send()
    Message.objects.filter(channel="email").update(status="failed")
    failed = Message.objects.get(status="failed")
    resending.send_again(failed.pk, by=factories.UserFactory(), now=letters.now)
    again = Message.objects.get(resend_of=failed)
    assert again.left_out == ["hpv"]
    assert again.personalisation["vaccination"] == REST
    assert guard([again], now=W) == {}


def test_a_message_of_another_claim_keeps_its_words_and_does_not_go(letters):
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.vaccinate(child)
    claimed = letters.claim()
    instead = guard(claimed, now=W)
    Message.objects.update(status="waiting", claim=None)
    pairs = [(message, instead[message.pk]) for message in claimed]
    assert rewording.reword(pairs, now=W) == []
    assert set(Message.objects.values_list("personalisation__vaccination", flat=True)) == {BOTH}
    assert not child.activity.filter(title__contains="written without").exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_senders_that_leave_it_out_of_the_last_two_messages_free_it(sandboxed):
    letters = Letters(sandboxed)
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    letters.vaccinate(child)
    instead = guard(claimed := letters.claim(), now=W)
    one, two = ([(message, instead[message.pk])] for message in claimed)
    assert at_once(
        lambda: len(rewording.reword(one, now=W)), lambda: len(rewording.reword(two, now=W))
    ) == [1, 1]
    assert letters.standing() == ["menacwy"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("is_withheld", [False, True])
def test_what_waits_follows_a_corrected_address_while_the_rest_of_its_letter_is_held_up(
    sandboxed, is_withheld
):
    """The sender waits for the child whom the person has, and the person for nobody."""
    letters = Letters(sandboxed)
    child = letters.family()
    letters.plan("2027-01-04T09:00")
    Message.objects.filter(channel="text").update(due_at=W + timedelta(days=1), left_out=["hpv"])
    letters.vaccinate(child)
    [email] = letters.claim()
    instead = guard([email], now=W)[email.pk]
    child_is_held = Event()

    def corrects():
        with transaction.atomic():
            Child.objects.lock(child.pk)
            child_is_held.set()
            wait_for_a_waiter()
            Parent.objects.update(phone="+447700900999")
            children_changed.send(Parent, child_ids=[child.pk], by=None, now=W)

    def sends():
        child_is_held.wait()
        if is_withheld:
            settlement = settling.Settlement(now=W)
            settlement.withhold(email, reason="No longer offered")
            settlement.save()
        else:
            rewording.reword([(email, instead)], now=W)

    at_once(corrects, sends)
    assert Message.objects.get(channel="text").recipient == "+447700900999"
    assert letters.standing() == ["menacwy"]


def test_a_family_that_left_or_a_clinic_that_closed_gets_nothing_instead(letters):
    gone, told = letters.family(), letters.family()
    letters.plan("2027-01-04T09:00")
    for child in (gone, told):
        letters.vaccinate(child)
    letters.session.memberships.filter(child=gone).update(left_at=W, left_because="Moved")
    answers = guard(letters.messages(), now=W)
    assert {answers[one.pk] for one in letters.messages(gone)} == {
        "The child is no longer in the community clinic cohort"
    }
    assert all(isinstance(answers[one.pk], rewording.Rewording) for one in letters.messages(told))
    type(letters.session).objects.update(closed_at=W)
    assert set(guard(letters.messages(told), now=W).values()) == {"The session is closed"}
    type(letters.session).objects.update(closed_at=None)
    SessionDate.objects.update(value=W.date())
    assert set(guard(letters.messages(told), now=W).values()) == {"No clinic date is left to book"}


def test_the_queries_of_leaving_out_do_not_grow(letters):
    sizes = []
    for more in (2, 20):
        Message.objects.update(status="withheld", claim=None)
        children = [letters.family() for _ in range(more)]
        letters.plan("2027-01-04T09:00")
        for child in children:
            letters.vaccinate(child)
        sizes.append(_queries_of_asking(letters, letters.claim()))
    assert sizes[0] == sizes[1]


def _queries_of_asking(letters, claimed):
    with CaptureQueriesContext(connection) as queries:
        guarding.ask(claimed, now=letters.now)
    return len(queries)


NAMES = ["Flu", "HPV", "MMR", "MenACWY"]
REASONS = st.sampled_from(["", "", "Already vaccinated", "Consent refused"])


@given(
    named=st.dictionaries(st.sampled_from(NAMES), REASONS),
    before=st.sets(st.sampled_from(["td_ipv", "rsv"])),
)
def test_a_message_says_all_that_is_left_and_nothing_else(named, before):
    programmes = {Programme(key=name.lower(), name=name): why for name, why in named.items()}
    message = Message(
        personalisation={"vaccination": "old", "team_name": "Team"}, left_out=sorted(before) or None
    )
    left = [name for name, why in named.items() if not why]
    fallen = [name for name, why in named.items() if why]
    match what_is_left(message, programmes):
        case None:
            assert left
            assert not fallen
        case rewording.Rewording() as said:
            assert left
            assert fallen
            words = said.personalisation["vaccination"]
            assert all((name in words) == (name in left) for name in NAMES)
            assert said.personalisation["team_name"] == "Team"
            assert said.left_out == before | {name.lower() for name in fallen}
            assert all(f"{name}: {named[name]}" in said.note for name in fallen)
        case reason:
            assert not left
            assert reason == (named[fallen[0]] if fallen else "The invitation was called back")
