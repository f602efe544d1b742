"""What happened and will happen with a child's invitation, for people to read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db import connection
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.enums import TextChoices

from accounts.models import Organisation
from calendars.clock import london_day
from govuk.filters import begin_small, govuk_date, govuk_time
from notifications.models import Message
from sessions_app import rules
from sessions_app.choices import Exclusion
from sessions_app.invitations.planning import count_later
from sessions_app.models import Invitation, Membership, ProgrammeStatus, Session, SessionDate


class State(TextChoices):
    """Where a child of the clinic cohort stands, as lists filter by it."""

    INVITED = "invited", "Invited"
    TO_BE_INVITED = "to_be_invited", "Will be invited"
    CALLED_BACK = "called_back", "Called back, not invited yet"
    NOT_INVITED = "not_invited", "Not invited"


@dataclass(frozen=True)
class Outlook:
    """One child's invitation to a clinic: the state, a sentence, and why not where not."""

    state: State
    text: str
    day: date | None = None
    exclusions: tuple[Exclusion, ...] = ()
    is_in_trouble: bool = False


@dataclass(frozen=True)
class Preview:
    """What a change would send: children whose parents are written to now, and on which day;
    who is left out and why; how many were invited before, and which later clinic date how many of
    these are invited to again at once; how many emails and texts go now.
    """

    now: int = 0
    later: list[tuple[date, int]] = field(default_factory=list)
    waiting: int = 0
    left_out: list[tuple[Exclusion, int]] = field(default_factory=list)
    already_invited: int = 0
    again: tuple[date, int] | None = None
    emails: int = 0
    texts: int = 0

    @property
    def children_now(self) -> int:
        return self.now + (self.again[1] if self.again else 0)

    @property
    def is_any(self) -> bool:
        """Whether anybody is written to, now or once it is time."""
        return bool(self.children_now or self.later or self.waiting)

    @property
    def is_held(self) -> bool:
        """Whether so many are written to now that it can be called back for two minutes."""
        return self.children_now >= rules.HELD_FROM


def active_dates(session: Session) -> list[date]:
    """The session's days in order, without the removed ones."""
    return list(
        SessionDate.objects.filter(session=session, removed_at__isnull=True)
        .order_by("value")
        .values_list("value", flat=True)
    )


def with_state(children: QuerySet, session: Session, *, child: str = "pk") -> QuerySet:
    """The queryset annotated with `invitation_state`; `child` names its path to the child's id.

    For rows to show. To pick children out of many, `in_state` is many times faster.
    """
    return children.annotate(
        invitation_state=Case(
            When(_was_invited(session, child), then=Value(State.INVITED.value)),
            When(
                _may_be_invited(session, child) & Q(_was_called_back(session, child)),
                then=Value(State.CALLED_BACK.value),
            ),
            When(_may_be_invited(session, child), then=Value(State.TO_BE_INVITED.value)),
            default=Value(State.NOT_INVITED.value),
            output_field=CharField(),
        )
    )


def in_state(children: QuerySet, session: Session, state: str, *, child: str = "pk") -> QuerySet:
    """Those of the queryset who are in that state, as joins and not row by row."""
    invited = _was_invited(session, child)
    if state == State.INVITED:
        return children.filter(invited)
    may_be_invited = _may_be_invited(session, child)
    if state == State.NOT_INVITED:
        return children.filter(~invited, ~may_be_invited)
    called_back = _was_called_back(session, child)
    return children.filter(
        ~invited, may_be_invited, called_back if state == State.CALLED_BACK else ~called_back
    )


def _was_invited(session: Session, child: str) -> Exists:
    return Exists(Invitation.objects.standing().filter(session=session, child_id=OuterRef(child)))


def _was_called_back(session: Session, child: str) -> Exists:
    return Exists(
        Invitation.objects.called_back().filter(session=session, child_id=OuterRef(child))
    )


def _may_be_invited(session: Session, child: str) -> Exists:
    return Exists(
        ProgrammeStatus.objects.filter(
            child_id=OuterRef(child),
            academic_year=session.academic_year,
            programme__in=session.programmes.all(),
            exclusion="",
        )
    )


def outlooks(session: Session, child_ids: Iterable[int], *, now: datetime) -> dict[int, Outlook]:
    """The outlook of each of these children in a clinic session, in a constant number of queries.

    Children who are not in the session and were never invited to it are left out.
    """
    ids = list(child_ids)
    members = set(
        Membership.objects.filter(
            session=session, child_id__in=ids, left_at__isnull=True
        ).values_list("child_id", flat=True)
    )
    invitations = defaultdict(list)
    called_back = {}
    for invitation in (
        Invitation.objects.filter(session=session, child_id__in=ids, withheld_at__isnull=True)
        .select_related("mailing")
        .order_by("planned_at")
    ):
        if invitation.called_back_at is None:
            invitations[invitation.child_id].append(invitation)
        else:
            called_back[invitation.child_id] = invitation.called_back_at
    exclusions = _exclusions(session, ids)
    messages = defaultdict(list)
    letters = {one.letter for some in invitations.values() for one in some}
    for letter, status, accepted_at in Message.objects.filter(letter__in=letters).values_list(
        "letter", "status", "accepted_at"
    ):
        messages[letter].append((status, accepted_at))
    upcoming = _upcoming(session, active_dates(session), now)
    found = {}
    for child_id in ids:
        if invitations[child_id]:
            found[child_id] = _invited(invitations[child_id][-1], messages, now)
        elif child_id in members:
            found[child_id] = _not_yet(
                exclusions.get(child_id, {}), upcoming, called_back.get(child_id)
            )
    return found


def _exclusions(session: Session, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """For each child, the exclusion of each of the session's programmes by its name."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    statuses = ProgrammeStatus.objects.filter(
        child_id__in=ids,
        academic_year=session.academic_year,
        programme__in=session.programmes.all(),
    ).order_by("programme__name")
    for child_id, name, exclusion in statuses.values_list(
        "child_id", "programme__name", "exclusion"
    ):
        found[child_id][name] = exclusion
    return found


def _invited(invitation: Invitation, messages: dict, now: datetime) -> Outlook:
    if invitation.mailing and invitation.mailing.is_held(now):
        day = london_day(invitation.planned_at)
        goes = govuk_time(invitation.mailing.goes_at)
        return Outlook(State.INVITED, f"Invitation will be sent at {goes}", day)
    sent = [one for one in messages.get(invitation.letter, []) if one[0] != Message.Status.WITHHELD]
    accepted = [accepted_at for _, accepted_at in sent if accepted_at]
    if sent and all(status in Message.UNDELIVERED for status, _ in sent):
        day = london_day(invitation.planned_at)
        text = f"Invited on {govuk_date(day)}, but it could not be delivered"
        return Outlook(State.INVITED, text, day, is_in_trouble=True)
    if not accepted:
        day = london_day(invitation.planned_at)
        return Outlook(State.INVITED, "Invitation is being sent", day)
    day = london_day(min(accepted))
    return Outlook(State.INVITED, f"Invited on {govuk_date(day)}", day)


def _upcoming(session: Session, dates: list[date], now: datetime) -> tuple[str, date | None]:
    """When first invitations go from now on, as a sentence and a day."""
    today = london_day(now)
    if session.is_closed:
        return "Not invited: the session is closed", None
    if not dates or session.invitations_on is None:
        return "Will be invited when clinic dates are added", None
    if rules.next_bookable(dates, today) is None:
        return "Waiting for a clinic date: no date is left to book", None
    day = max(session.invitations_on, rules.day_jobs_invite(now))
    return f"Will be invited on {govuk_date(day)}", day


def _not_yet(
    exclusions: dict[str, str],
    upcoming: tuple[str, date | None],
    called_back_at: datetime | None,
) -> Outlook:
    if not exclusions or "" in exclusions.values():
        if called_back_at:
            day = govuk_date(called_back_at)
            text = f"Not invited yet: the invitation was called back on {day}"
            return Outlook(State.CALLED_BACK, text)
        text, day = upcoming
        return Outlook(State.TO_BE_INVITED, text, day)
    reasons = tuple(dict.fromkeys(Exclusion(value) for value in exclusions.values()))
    if len(reasons) == 1:
        text = f"Not invited: {begin_small(str(reasons[0].label))}"
    else:
        parts = (
            f"{name}: {begin_small(str(Exclusion(value).label))}"
            for name, value in exclusions.items()
        )
        text = f"Not invited. {'; '.join(parts)}"
    return Outlook(State.NOT_INVITED, text, exclusions=reasons)


def preview(
    session: Session,
    *,
    dates: Iterable[date],
    invitations_on: date | None,
    now: datetime,
    rows: Mapping[date, int] | None = None,
) -> Preview:
    """What confirming these dates for a clinic session would send, and to how many children.

    Counts children whose parents are written to: a family of two gets two letters. `rows` names
    the saved date that each date amends, so that nobody invited to that one counts again.
    """
    children = Membership.objects.filter(session=session, left_at__isnull=True).values("child_id")
    dates = {day: (rows or {}).get(day) for day in dates}
    found = _preview(session, children, dates=list(dates), invitations_on=invitations_on, now=now)
    again = count_later(session, dates=dates, now=now)
    if again is None:
        return found
    return replace(
        found,
        again=(again.date, again.children),
        emails=found.emails + again.emails,
        texts=found.texts + again.texts,
    )


def preview_joining(session: Session, child_ids: Iterable[int], *, now: datetime) -> Preview:
    """What it would send if these children joined the clinic session now."""
    return _preview(
        session,
        list(child_ids),
        dates=active_dates(session),
        invitations_on=session.invitations_on,
        now=now,
    )


def preview_without_clinic(
    organisation: Organisation, child_ids: Iterable[int], *, academic_year: int
) -> Preview:
    """The same where the year has no clinic session yet: nobody is written to before it has
    dates.
    """
    standing = _standing(
        ProgrammeStatus.objects.filter(
            child_id__in=list(child_ids),
            academic_year=academic_year,
            programme__organisations=organisation,
        ).annotate(was_invited=Value(False))
    )
    counts = Counter(standing.values())
    return Preview(waiting=counts["due"], left_out=_left_out(counts))


def _preview(
    session: Session,
    children: QuerySet | list[int],
    *,
    dates: list[date],
    invitations_on: date | None,
    now: datetime,
) -> Preview:
    invited = Invitation.objects.standing().filter(session=session, child_id=OuterRef("child_id"))
    standing = _standing(
        ProgrammeStatus.objects.filter(
            child_id__in=children,
            academic_year=session.academic_year,
            programme__in=session.programmes.all(),
        ).annotate(
            was_invited=Exists(
                invited.filter(programme_id=OuterRef("programme_id"), session_date__isnull=True)
            )
        )
    )
    counts = Counter(standing.values())
    due, already, left_out = counts["due"], counts["invited"], _left_out(counts)
    upcoming = rules.next_bookable(dates, london_day(now))
    if not due:
        return Preview(left_out=left_out, already_invited=already)
    if session.is_closed or upcoming is None or invitations_on is None:
        return Preview(waiting=due, left_out=left_out, already_invited=already)
    if now >= rules.invitations_open_at(invitations_on):
        emails, texts = _count_messages([pk for pk, value in standing.items() if value == "due"])
        return Preview(
            now=due, left_out=left_out, already_invited=already, emails=emails, texts=texts
        )
    return Preview(later=[(invitations_on, due)], left_out=left_out, already_invited=already)


def _standing(statuses: QuerySet) -> dict[int, str]:
    """For each child "due", "invited" or an exclusion: the best that holds for a programme."""
    rows = statuses.values_list("child_id", "exclusion", "was_invited")
    standing: dict[int, str] = {}
    order = {"due": 0, "invited": 1, **{value: 2 + n for n, value in enumerate(Exclusion.values)}}
    for child_id, exclusion, was_invited in rows.iterator(chunk_size=5000):
        value = "invited" if was_invited else exclusion or "due"
        held = standing.get(child_id)
        if held is None or order[value] < order[held]:
            standing[child_id] = value
    return standing


def _left_out(counts: Counter[str]) -> list[tuple[Exclusion, int]]:
    return [(Exclusion(value), counts[value]) for value in Exclusion.values if counts[value]]


def _count_messages(child_ids: list[int]) -> tuple[int, int]:
    """How many emails and texts a letter about each of these children comes to."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_MESSAGES, [child_ids])
        return cursor.fetchone()


COUNT_MESSAGES = """
SELECT count(DISTINCT (child_id, recipient)) FILTER (WHERE channel = 'email'),
       count(DISTINCT (child_id, recipient)) FILTER (WHERE channel = 'text')
FROM cohorts_contact WHERE is_asked AND child_id = ANY(%s)
"""
