"""Counting, when all is quiet: what Notify accepted beside what the database says.

Pure functions of what was collected, so that each breach can be proved to be noticed.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from mavis.rehearsals.journal import Step
from notifications.sandbox import effects

ACCEPTED = {"accepted", "sending", "delivered", "failed"}
VISIBLE = {"rejected", "parked", "withheld"}
UNSETTLED = {"waiting", "claimed", "unknown"}
NO_REQUEST, IN_REQUEST, UNWRITTEN = (
    "before the request",
    "during the request",
    "after the answer, before it was written down",
)


@dataclass(frozen=True)
class Row:
    """A message as the database has it in the end."""

    reference: str
    status: str
    notify_id: str
    letter: str
    channel: str
    recipient: str
    child_id: int
    programmes: frozenset[str]


@dataclass(frozen=True)
class AtNotify:
    """A message as Notify has it in the end, and which programmes its words name."""

    reference: str
    notify_id: str
    status: str
    recipient: str
    programmes: frozenset[str]


@dataclass(frozen=True)
class Attempt:
    """A request to send, as Notify's sandbox saw it. `answered_by` is when, if it was answered."""

    reference: str
    at: datetime
    answered_by: datetime | None


@dataclass(frozen=True)
class Gone:
    """A child who was not to be invited any more, for one programme or ("") for all."""

    child_id: int
    programme: str
    since: datetime


@dataclass
class Verdict:
    """How many of what; the breaches name references, or children, to look into."""

    planned: int
    statuses: dict[str, int]
    accepted_at_notify: int
    claims_given_up: dict[str, int]
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not any(self.breaches.values())

    @property
    def breaches(self) -> dict[str, list[str]]:
        return {
            "lost": self.lost,
            "sent twice": self.twice,
            "sent though no longer due": self.stale,
            "unsettled": self.unsettled,
            "said otherwise than Notify": self.contradicted,
            "given up without a cause": self.given_up,
        }

    def as_json(self) -> dict:
        return {"is_clean": self.is_clean, **asdict(self)}


def judge(
    *,
    rows: Sequence[Row],
    accepted: Iterable[AtNotify],
    attempts: Sequence[Attempt],
    steps: Sequence[Step],
    gone: Collection[Gone],
    kills: Sequence[datetime],
    unwritten: Collection[tuple[int, str, str]],
    doubtful: Collection[int] = (),
    called_bad: Collection[str] = (),
    impossible: Collection[str] = (),
) -> Verdict:
    """What came of a rehearsal. `accepted` holds all that Notify accepted, `unwritten` who was to
    be invited and has no message at all, `doubtful` children who may or may not have become
    ineligible, `called_bad` the addresses and numbers that we believe do not exist, and
    `impossible` the numbers that Notify must have refused.
    """
    at_notify: dict[str, list[AtNotify]] = defaultdict(list)
    for each in accepted:
        at_notify[each.reference].append(each)
    by_reference: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        by_reference[attempt.reference].append(attempt)
    verdict = Verdict(
        planned=len(rows),
        statuses=dict(sorted(Counter(row.status for row in rows).items())),
        accepted_at_notify=sum(map(len, at_notify.values())),
        claims_given_up=_where_senders_were(steps, by_reference, sorted(kills)),
    )
    verdict.unsettled = [row.reference for row in rows if row.status in UNSETTLED]
    verdict.lost = [f"{channel} to child {child}" for child, channel, _ in sorted(unwritten)]
    verdict.lost += _withheld_without_reason(rows, gone, doubtful)
    verdict.lost += [
        row.reference for row in rows if row.status in ACCEPTED and not at_notify.get(row.reference)
    ]
    verdict.twice = _sent_twice(rows, at_notify)
    verdict.stale = _sent_too_late(rows, at_notify, steps, by_reference, gone)
    verdict.contradicted = [
        row.reference for row in rows if not _agrees(row, at_notify.get(row.reference, []))
    ]
    failed = {
        each.recipient
        for found in at_notify.values()
        for each in found
        if each.status == "permanent-failure"
    }
    refused = set(impossible)
    verdict.contradicted += [
        row.reference
        for row in rows
        if row.recipient in refused and row.status not in ("rejected", "withheld")
    ]
    verdict.contradicted += [
        f"{one} called bad" for one in sorted(set(called_bad) - failed - refused)
    ]
    verdict.given_up = [
        row.reference
        for row in rows
        if row.status in ("parked", "rejected")
        and not effects.effect_of(row.recipient.lstrip("+"))
        and not (row.status == "rejected" and row.recipient in refused)
    ]
    return verdict


def _agrees(row: Row, at_notify: Sequence[AtNotify]) -> bool:
    """Whether a row says nothing that Notify contradicts; it may know less."""
    if row.status in VISIBLE:
        return not at_notify
    if row.status not in ACCEPTED or not at_notify:
        return True
    return any(
        each.notify_id == row.notify_id
        and each.recipient == row.recipient
        and each.programmes == row.programmes
        and (row.status == "delivered") <= (each.status == "delivered")
        and (row.status == "failed") <= each.status.endswith("-failure")
        for each in at_notify
    )


def _withheld_without_reason(
    rows: Sequence[Row], gone: Collection[Gone], doubtful: Collection[int]
) -> list[str]:
    """Messages that were not sent though one of the programmes they name was still due."""
    ineligible = {(each.child_id, each.programme) for each in gone}
    return [
        row.reference
        for row in rows
        if row.status == "withheld"
        and row.child_id not in doubtful
        and (row.child_id, "") not in ineligible
        and not {(row.child_id, programme) for programme in row.programmes} <= ineligible
    ]


def _sent_twice(rows: Sequence[Row], at_notify: Mapping[str, Sequence[AtNotify]]) -> list[str]:
    """References, letters to one address, and invitations of a child to one programme at one
    address that Notify accepted more than once.
    """
    letters: Counter[tuple] = Counter()
    invitations: Counter[tuple] = Counter()
    ours = {row.reference for row in rows}
    twice = [ref for ref, found in at_notify.items() if len(found) > 1 or ref not in ours]
    for row in rows:
        for each in at_notify.get(row.reference, ()):
            letters[row.letter, row.channel, row.recipient] += 1
            for programme in each.programmes:
                invitations[row.child_id, programme, row.channel, row.recipient] += 1
    twice += [f"letter {letter}" for (letter, *_), times in letters.items() if times > 1]
    twice += [f"child {child}, {key}" for (child, key, *_), n in invitations.items() if n > 1]
    return twice


def _sent_too_late(
    rows: Sequence[Row],
    at_notify: Mapping[str, Sequence[AtNotify]],
    steps: Sequence[Step],
    attempts: Mapping[str, Sequence[Attempt]],
    gone: Collection[Gone],
) -> list[str]:
    """Messages requested under a claim that was taken after their child had become ineligible for
    a programme that they name: by what Notify took, else by what the database says.
    """
    since: dict[tuple[int, str], datetime] = {}
    for each in gone:
        key = (each.child_id, each.programme)
        since[key] = min(each.since, since.get(key, each.since))
    claims: dict[str, list[datetime]] = defaultdict(list)
    for step in steps:
        if step.is_claim:
            claims[step.reference].append(step.at)
    late = []
    for row in rows:
        named = row.programmes.union(*(one.programmes for one in at_notify.get(row.reference, ())))
        told = [(row.child_id, programme) for programme in ("", *named)]
        ends = [since[key] for key in told if key in since]
        if not ends:
            continue
        claimed_since = [at for at in claims[row.reference] if at > min(ends)]
        if claimed_since and any(a.at >= claimed_since[0] for a in attempts[row.reference]):
            late.append(row.reference)
    return late


def _where_senders_were(
    steps: Sequence[Step], attempts: Mapping[str, Sequence[Attempt]], kills: Sequence[datetime]
) -> dict[str, int]:
    """Of the claims that the sweep gave up, how far their senders had come when they ended."""
    claimed = {step.claim: step.at for step in steps if step.is_claim}
    where = Counter(dict.fromkeys((NO_REQUEST, IN_REQUEST, UNWRITTEN), 0))
    for step in steps:
        begun = claimed.get(step.claim) if step.gives_up_claim else None
        if begun is None:
            continue
        made = [
            attempt
            for attempt in attempts.get(step.reference, ())
            if begun - timedelta(milliseconds=50) <= attempt.at <= step.at
        ]
        killed = next((at for at in kills if begun <= at <= step.at), step.at)
        if not made:
            where[NO_REQUEST] += 1
        elif made[-1].answered_by is None or killed < made[-1].answered_by:
            where[IN_REQUEST] += 1
        else:
            where[UNWRITTEN] += 1
    return dict(where)
