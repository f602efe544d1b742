"""Telling parents what a nurse decided: each who gave consent once, whenever their answer came in.

Who is told is decided by what each was last told, not by when they answered: an online answer may
find its child, and a form on paper be typed in, long after the decision that it must be told of.
Source: consent §10 and §12.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from accounts.models import User
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import first_day_of
from cohorts.models import Child, Contact
from consent import doses, messages
from consent.choices import Decision, Route, TriageOutcome
from consent.facts import triage_facts
from consent.guard import forbidden_by_record
from consent.models import ConsentResponse, Triage
from consent.selectors.triage import counted_responses, newest_triage
from notifications import outbox
from notifications.models import Channel, Lane, Message
from sessions_app.models import Session
from sessions_app.rules import when_jobs_write

# Decisions that stand until a nurse makes another, or until their day.
STANDING = (
    TriageOutcome.DO_NOT_VACCINATE,
    TriageOutcome.DELAY,
    TriageOutcome.INVITE_TO_CLINIC,
)
# A reply to an online answer goes first: it must not be read as the later word. One whose hint was
# lost is queued within ten minutes (`confirm_overlooked`).
AFTER_THE_REPLY = timedelta(minutes=15)


def tell(
    triage: Triage, answers: Collection[ConsentResponse], *, now: datetime, by: User | None
) -> int:
    """Queue a decision for the parents who gave these answers; how many emails.

    One to each address that was last told something else of this vaccination in this year, or
    nothing, or whose answer became known after that.
    """
    known_at = _known_at(triage.child, [one for one in answers if one.parent_id])
    told = _told(triage)
    letters = [
        letter
        for letter in _letters(triage, list(known_at), triage.session, due_at=now, by=by)
        if not told.is_enough(letter, since=known_at[letter.parent_id])
    ]
    return outbox.queue_all(letters, now=now)


def tell_what_stands(
    answers: Collection[ConsentResponse],
    *,
    now: datetime,
    by: User | None,
    is_replied_to: bool = True,
) -> int:
    """Queue, for parents whose consent joined a decision that it does not reopen, what was decided;
    how many emails. No nurse decides again, and their reply said that they will be told.

    Some ten queries for each answer where a decision stands. At night no job writes: it is due then
    when jobs write again.

    Statuses are as they are now; `is_replied_to`: whether the reply to them was queued before.
    """
    return sum(
        _tell_what_stands(one, now=now, by=by, is_replied_to=is_replied_to)
        for one in answers
        if one.parent_id and one.decision == Decision.GIVEN
    )


def _tell_what_stands(
    answer: ConsentResponse, *, now: datetime, by: User | None, is_replied_to: bool
) -> int:
    about = (answer.programme_id, answer.academic_year)
    triage = newest_triage(answer.child, *about)
    if triage is None or triage.outcome not in STANDING:
        return 0
    # In August a session may be of the coming school year, whose status it then is.
    today = max(london_day(now), first_day_of(answer.academic_year))
    stands = triage_facts([answer.child_id], answer.academic_year, today)
    if stands.get((answer.child_id, answer.programme_id)) != triage.outcome:
        return 0
    counted = counted_responses(answer.child, *about, today=today)
    if answer.pk not in [seen.order for seen, _ in counted if seen.is_given]:
        return 0
    due_at = now if is_replied_to else now + AFTER_THE_REPLY
    if by is None:
        due_at = when_jobs_write(due_at)
    # Whoever decided may have been of an organisation that the child has left.
    is_theirs = triage.organisation_id == answer.organisation_id
    session = triage.session if is_theirs else answer.session
    letters = _letters(triage, [answer.parent_id], session, due_at=due_at, by=by)
    return outbox.queue_all(_once_more(letters), now=now)


def _once_more(letters: Sequence[Message]) -> list[Message]:
    """These letters, each as a resend where its address was sent this decision before: whoever
    answers anew is told anew what stands, unless the earlier one still waits.
    """
    earlier = {
        message.pk: message
        for message in Message.objects.filter(letter__in={letter.letter for letter in letters})
    }
    follows = {message.resend_of_id: message for message in earlier.values()}
    newest = {
        (message.channel, message.recipient): message
        for _, message in sorted(earlier.items())
        if message.resend_of_id is None
    }
    told = []
    for letter in letters:
        last = newest.get((letter.channel, letter.recipient))
        while last is not None and last.pk in follows:
            last = follows[last.pk]
        if last is None or last.status != Message.Status.WAITING:
            letter.resend_of = last
            told.append(letter)
    return told


def _letters(
    triage: Triage,
    parents: Sequence[int | None],
    session: Session,
    *,
    due_at: datetime,
    by: User | None,
) -> list[Message]:
    """One email to each address of these parents, of those who share one to the last of them, from
    the team of the session; none where no one may be told.
    """
    child = triage.child
    if forbidden_by_record(child) or _rests_on_the_childs_answer(triage):
        return []
    contacts = {
        contact.recipient: contact
        for contact in sorted(
            Contact.objects.filter(child=child, parent_id__in=parents, channel=Channel.EMAIL),
            key=lambda contact: parents.index(contact.parent_id),
        )
    }
    values = messages.about_triage(triage, session)
    return [
        Message(
            letter=triage.form_token,
            template=messages.TRIAGE[triage.outcome],
            channel=contact.channel,
            recipient=contact.recipient,
            personalisation=values,
            organisation_id=session.organisation_id,
            child=child,
            parent_id=contact.parent_id,
            session_id=session.pk,
            sent_by=by,
            lane=Lane.URGENT,
            due_at=due_at,
        )
        for contact in contacts.values()
    ]


def _rests_on_the_childs_answer(triage: Triage) -> bool:
    """Whether a competent child's own consent counted when it was decided: no parent hears of it,
    then or later. It counted on the day that it was for, and after it if somebody acted on it.
    Source: consent §10 and §11.
    """
    own = ConsentResponse.objects.filter(
        child=triage.child_id,
        programme=triage.programme_id,
        academic_year=triage.academic_year,
        route=Route.SELF,
        decision=Decision.GIVEN,
        responded_at__lte=triage.performed_at,
    )
    known = list(own.exclude(invalidated_at__lte=triage.performed_at).select_related("assessment"))
    day = london_day(triage.performed_at)
    of_earlier_days = [
        one
        for one in known
        if one.assessment and one.assessment.assessed_on < day and one.withdrawn_at is None
    ]
    return len(doses.not_acted_on(of_earlier_days)) < len(known)


@dataclass(frozen=True)
class _Told:
    """What a child's parents read of decisions in a programme and year: each with when it was
    queued, to whom and where, the oldest first; and what is to be told now.
    """

    said: tuple
    letters: Sequence[tuple[tuple, datetime, int | None, str]]

    def is_enough(self, letter: Message, *, since: datetime) -> bool:
        """Whether who reads there was told the same, and nothing else after, since an instant."""
        last = next(
            (
                (said, at)
                for said, at, parent_id, recipient in reversed(self.letters)
                if parent_id == letter.parent_id or recipient == letter.recipient
            ),
            None,
        )
        return last is not None and last[0] == self.said and last[1] >= since


def _told(triage: Triage) -> _Told:
    decisions = {
        one.form_token: one.said
        for one in Triage.objects.filter(
            child=triage.child_id,
            programme=triage.programme_id,
            academic_year=triage.academic_year,
        )
    }
    queued = (
        Message.objects.filter(child=triage.child_id, letter__in=decisions)
        .exclude(status__in=Message.REACHED_NOBODY)
        .order_by("created_at", "pk")
    )
    return _Told(
        triage.said,
        [(decisions[one.letter], one.created_at, one.parent_id, one.recipient) for one in queued],
    )


def _known_at(child: Child, answers: Collection[ConsentResponse]) -> dict[int | None, datetime]:
    """When the answer of each parent became known, as the activity log says; the last one last."""
    logged = dict(
        Entry.objects.filter(
            child=child,
            kind=Entry.Kind.CONSENT,
            subject__in=[one.public_id for one in answers],
        )
        .order_by()
        .values_list("subject")
        .annotate(Min("at"))
    )
    known_at = {
        one.parent_id: max(one.responded_at, logged.get(one.public_id, one.responded_at))
        for one in answers
    }
    return dict(sorted(known_at.items(), key=lambda item: item[1]))
