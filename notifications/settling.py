"""Writing down what became of messages: their rows and the activity log.

Many at once: one statement for the rows, one for the log, in one transaction. A row changes only
while its claim is still the one the outcome belongs to. Source: Notify §11.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from notifications import aftermath, allowance, counters, outcome_rows, rules, wording
from notifications.models import Message

logger = logging.getLogger(__name__)

Status = Message.Status

FIRST_LOOK = timedelta(seconds=30)


class Settlement:
    """Outcomes of messages, collected by the verbs below and written down by `save`.

    The messages are as they were read; `save` skips those whose claim has changed since.
    """

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        # By channel and status, how many messages `save` wrote down as having come to what.
        self.reached: Counter[tuple[str, str]] = Counter()
        self._messages: dict[int, Message] = {}
        self._entries: dict[int, list[tuple[str, str, str]]] = {}
        self._bad_contacts: list[Message] = []
        self._withheld: list[Message] = []
        self._failed: list[Message] = []
        self._accepted: dict[int, UUID] = {}
        self._taken_at: dict[int, datetime] = {}
        self._put_off: dict[int, datetime] = {}
        self._reached: dict[int, list[str]] = {}

    def __len__(self) -> int:
        return len(self._messages)

    def accept(
        self,
        message: Message,
        *,
        notify_id: UUID,
        version: int | None,
        status: str = "created",
        taken_at: datetime | None = None,
        is_counted: bool = False,
    ) -> None:
        """Notify has it, with that id, in that of its statuses; failures need `conclude`.

        It counts for the day of `taken_at`, today if that is not known, unless `is_counted` says
        that it was counted before.
        """
        message.status = rules.message_status(status)
        message.notify_id = notify_id
        message.notify_status = status
        message.template_version = version
        message.accepted_at = self.now
        message.reason = ""
        message.next_look_at = rules.next_check(self.now, self.now)
        if rules.is_final(message.status):
            message.settled_at = self.now
            message.next_look_at = None
            self._reach(message)
        self._accepted[message.pk] = notify_id
        if not is_counted:
            self._taken_at[message.pk] = taken_at or self.now
        self._reach(message, Status.ACCEPTED)
        self._note(message, Entry.Kind.MESSAGE_SENT, "sent", message.recipient)
        self._messages[message.pk] = message
        if message.status == Status.FAILED:
            self._end_failed(message, status)

    def conclude(self, message: Message, *, status: str) -> None:
        """Notify itself says in which of its statuses an accepted message is now."""
        was = message.status
        message.status = rules.message_status(status)
        message.notify_status = status
        message.next_look_at = None
        if message.status != Status.FAILED:
            message.reason = ""
        self._messages[message.pk] = message
        if not rules.is_final(message.status):
            message.next_look_at = rules.next_check(message.accepted_at, self.now)
            return
        message.settled_at = self.now
        if message.status != was:
            self._reach(message)
        if message.status == Status.FAILED and was != Status.FAILED:
            self._end_failed(message, status)

    def _end_failed(self, message: Message, notify_status: str) -> None:
        message.reason = rules.FAILURES[notify_status]
        self._note_failure(message, "could not be delivered")
        self._failed.append(message)
        if notify_status == rules.NO_SUCH_CONTACT:
            self._bad_contacts.append(message)

    def wait(self, message: Message, *, due_at: datetime, reason: str = "") -> None:
        """It has not been sent and will be tried again. How long it has waited stays known."""
        if due_at > message.due_at:
            self._put_off[message.pk] = message.due_at
        message.status = Status.WAITING
        message.due_at = due_at
        message.reason = reason[:300]
        message.next_look_at = None
        self._messages[message.pk] = message

    def release(self, message: Message, *, due_at: datetime | None = None) -> None:
        """Notify did not take it up: back it goes, and no attempt is counted."""
        message.attempts = max(message.attempts - 1, 0)
        self.wait(message, due_at=due_at or message.due_at)

    def doubt(self, message: Message, outcome: rules.Unknown) -> None:
        """Notify may have it: to be looked up."""
        message.status = Status.UNKNOWN
        message.attempt_ended_at = self.now
        message.strikes += rules.strikes_for(outcome)
        message.next_look_at = self.now + FIRST_LOOK
        message.reason = outcome.reason[:300]
        self._reach(message)
        self._messages[message.pk] = message

    def ask_again(self, message: Message, *, at: datetime | None, empty_lookups: int) -> None:
        """Still unclear: to be looked up once more; None: not any more, it stays as it is."""
        message.empty_lookups = empty_lookups
        message.next_look_at = at
        self._messages[message.pk] = message

    def reject(self, message: Message, outcome: rules.Rejected) -> None:
        """Notify refused it for good."""
        message.status = Status.REJECTED
        message.settled_at = self.now
        message.reason = rules.rejection_in_words(outcome, message.channel)
        self._reach(message)
        self._note_failure(message, "could not be delivered")
        self._failed.append(message)
        if outcome.permanent:
            self._bad_contacts.append(message)
        self._messages[message.pk] = message

    def park(self, message: Message, *, reason: str) -> None:
        """A person must look at it; nothing happens by itself any more."""
        message.status = Status.PARKED
        message.next_look_at = None
        message.reason = reason[:300]
        self._reach(message)
        self._note_failure(message, "could not be sent")
        self._messages[message.pk] = message
        # Why is told on the operators' page: Notify's words may quote whom it was to go to.
        logger.error("Message %s needs a person", message.reference)

    def withhold(self, message: Message, *, reason: str) -> None:
        """Its guard says that it must not be sent any more."""
        message.status = Status.WITHHELD
        message.attempts = max(message.attempts - 1, 0)
        message.settled_at = self.now
        message.reason = reason[:300]
        self._reach(message)
        self._note(message, Entry.Kind.MESSAGE_WITHHELD, f"not sent: {reason}", message.recipient)
        self._withheld.append(message)
        self._messages[message.pk] = message

    def _reach(self, message: Message, status: str = "") -> None:
        self._reached.setdefault(message.pk, []).append(status or message.status)

    def _note_failure(self, message: Message, what: str) -> None:
        body = f"{message.recipient}: {message.reason}"
        self._note(message, Entry.Kind.MESSAGE_FAILED, what, body)

    def _note(self, message: Message, kind: str, what: str, body: str) -> None:
        title = f"{wording.title(message.template, message.channel)} {what}"
        self._entries.setdefault(message.pk, []).append((kind, title, body))

    @transaction.atomic
    def save(self, *, counts: bool = True, announces: bool = True) -> set[int]:
        """Write everything down; the ids of the messages that really changed.

        What came of them is counted, too, and what Notify took for the day on which it did; a
        sender, which has many batches a second, says `counts=False` and counts what is in
        `reached` itself. Who has locked children says `announces=False` and withholds only what
        nothing else hangs on: letters are taken before children, and children before messages.
        """
        if not self._messages:
            return set()
        siblings = {}
        if announces:
            ending = [*self._withheld, *self._failed]
            siblings = aftermath.lock_letters(ending)
            aftermath.lock_children(ending, flagged=self._bad_contacts)
        changed = self._update()
        outcome_rows.note_put_off({pk: self._put_off[pk] for pk in changed & self._put_off.keys()})
        self._record(changed)
        aftermath.flag_contacts(_those(self._bad_contacts, changed), now=self.now)
        if announces:
            aftermath.announce_withheld(_those(self._withheld, changed), siblings, now=self.now)
            aftermath.announce_failed(_those(self._failed, changed), now=self.now)
        aftermath.report_doubles(
            {pk: notify_id for pk, notify_id in self._accepted.items() if pk not in changed}
        )
        self.reached = Counter(
            (self._messages[pk].channel, str(status))
            for pk in changed
            for status in self._reached.get(pk, ())
        )
        if counts and self.reached:
            self._count_for_its_day(changed)
            transaction.on_commit(lambda reached=self.reached: counters.count(reached), robust=True)
        return changed

    def _count_for_its_day(self, changed: set[int]) -> None:
        days: dict[date, Counter[str]] = defaultdict(Counter)
        for pk in changed & self._taken_at.keys():
            days[rules.allowance_day(self._taken_at[pk])][self._messages[pk].channel] += 1
        for day in sorted(days):
            allowance.count(days[day], day=day)

    def _update(self) -> set[int]:
        children = outcome_rows.write([self._messages[pk] for pk in sorted(self._messages)])
        for pk, child_id in children.items():
            # A child may have been found since the message was read.
            self._messages[pk].child_id = child_id
        return set(children)

    def _record(self, changed: set[int]) -> None:
        noted = [self._messages[pk] for pk in sorted(changed & self._entries.keys())]
        senders = User.objects.in_bulk({each.sent_by_id for each in noted if each.sent_by_id})
        activity.record_all(
            activity.entry(
                child_id=message.child_id,
                organisation_id=message.organisation_id,
                session_id=message.session_id,
                kind=kind,
                title=title,
                body=body,
                is_contact_detail=True,
                by=senders.get(message.sent_by_id),
                now=self.now,
            )
            for message in noted
            if message.child_id is not None
            for kind, title, body in self._entries[message.pk]
        )


def _those(messages: Sequence[Message], changed: set[int]) -> list[Message]:
    return [message for message in messages if message.pk in changed]
