"""Who is invited to a community clinic, and when: plain functions of plain values."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from calendars.clock import LONDON, london_day, london_instant
from cohorts.rules import MANY_FAMILIES
from sessions_app.choices import ConsentStatus, Exclusion, TriageStatus, VaccinationStatus

INVITATIONS_GO_AT, JOBS_INVITE_UNTIL = time(9), time(21)
LEAST_DAYS_BETWEEN_INVITATIONS = 7
# From so many letters of one person's action on they wait, so that it can be called back.
HELD_FROM = MANY_FAMILIES
CALL_BACK_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides whether a child may be invited for one programme.

    `barred` is an exclusion that an app above knows of and no status tells.
    """

    is_deceased: bool = False
    is_invalid: bool = False
    is_restricted: bool = False
    is_in_year_groups: bool = True
    is_contactable: bool = True
    vaccination: str = VaccinationStatus.NOT_VACCINATED
    consent: str = ConsentStatus.NO_RESPONSE
    triage: str = TriageStatus.NOT_NEEDED
    barred: str = ""


def exclusion(facts: Facts) -> str:
    """Why parents are not invited for this programme, or "" when they are.

    The first reason that applies is the one people read. Delayed triage and given consent do
    not exclude; who refused and asked to be contacted hears from a person first. What a child
    keeps from their parents goes before all that one of these may hear of. Source: sessions and
    clinics §6.3; consent §7; lessons I9.
    """
    reasons = (
        (facts.is_deceased, Exclusion.DECEASED),
        (facts.is_invalid, Exclusion.INVALID),
        (facts.is_restricted, Exclusion.RESTRICTED),
        (not facts.is_in_year_groups, Exclusion.YEAR_GROUP),
        (facts.vaccination == VaccinationStatus.VACCINATED, Exclusion.VACCINATED),
        (bool(facts.barred), facts.barred),
        (facts.triage == TriageStatus.DO_NOT_VACCINATE, Exclusion.DO_NOT_VACCINATE),
        (facts.consent == ConsentStatus.REFUSED, Exclusion.REFUSED),
        (facts.consent == ConsentStatus.CONFLICTS, Exclusion.CONFLICTS),
        (facts.consent == ConsentStatus.FOLLOW_UP, Exclusion.FOLLOW_UP),
        (not facts.is_contactable, Exclusion.NO_CONTACT),
    )
    return next((reason for applies, reason in reasons if applies), "")


def consent_to_show(facts: Facts) -> str:
    """The consent status that is stored for lists and counts: of who is vaccinated none is
    required, whatever was answered. What may be written to whom is decided by what was answered.
    Source: consent §9.2, last row, and §9.3 rule 4.
    """
    if facts.vaccination == VaccinationStatus.VACCINATED:
        return ConsentStatus.NOT_REQUIRED
    return facts.consent


def invitations_open_at(invitations_on: date) -> datetime:
    """The instant from which first invitations go: nine o'clock in London on that day."""
    return london_instant(invitations_on, INVITATIONS_GO_AT)


def jobs_invite_now(now: datetime) -> bool:
    """Whether jobs write to families at this hour: from nine in the morning to nine in the evening.

    What became due for a child at night by no person's doing, nine o'clock's planning picks up.
    Source: sessions and clinics §6.1 rule 5.
    """
    return INVITATIONS_GO_AT <= now.astimezone(LONDON).time() < JOBS_INVITE_UNTIL


def when_jobs_write(due_at: datetime) -> datetime:
    """Then, if jobs write to families at that hour, else the next nine in the morning."""
    if jobs_invite_now(due_at):
        return due_at
    return london_instant(day_jobs_invite(due_at), INVITATIONS_GO_AT)


def day_jobs_invite(now: datetime) -> date:
    """The day of the next hour in which jobs write to families: today's, or tomorrow's."""
    is_over = now.astimezone(LONDON).time() >= JOBS_INVITE_UNTIL
    return london_day(now) + timedelta(days=is_over)


def next_bookable(dates: Collection[date], today: date) -> date | None:
    """The next date a family can still book: today is too late. Source: E20."""
    return min((day for day in dates if day > today), default=None)


def first_invitations_are_due(
    *, dates: Collection[date], invitations_on: date | None, is_closed: bool, now: datetime
) -> bool:
    """Whether every eligible child who was never invited to this clinic is invited now."""
    return (
        not is_closed
        and invitations_on is not None
        and next_bookable(dates, london_day(now)) is not None
        and now >= invitations_open_at(invitations_on)
    )


@dataclass(frozen=True, slots=True)
class LaterInvitation:
    """The repeat for one later clinic date, and since when it is due."""

    date: date
    due_at: datetime


def later_invitation(
    *, dates: Sequence[date], is_closed: bool, days_before: int, now: datetime
) -> LaterInvitation | None:
    """The repeat that is due now, if any: at nine on the later of `days_before` the date and
    the morning after the date before it. Source: sessions and clinics §6.2.

    At most one can be due, because a date's turn begins when the one before has passed.
    """
    today = london_day(now)
    upcoming = next_bookable(dates, today)
    if is_closed or upcoming is None:
        return None
    previous = max((day for day in dates if day < upcoming), default=None)
    if previous is None:
        return None
    opens_on = max(upcoming - timedelta(days=days_before), previous + timedelta(days=1))
    due_at = invitations_open_at(opens_on)
    return LaterInvitation(date=upcoming, due_at=due_at) if now >= due_at else None


def held_until(queued_at: datetime) -> datetime:
    """When a mailing that a person queued goes, unless it is called back."""
    return queued_at + CALL_BACK_WITHIN


def join_words(words: Sequence[str]) -> str:
    """One, two and three."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def vaccination_named(programme_names: Sequence[str]) -> str:
    """How a message names what it invites to: HPV vaccination; HPV and MMR vaccinations.

    An invitation that names nothing is refused. Source: sessions and clinics E9.
    """
    if not programme_names:
        raise ValueError("an invitation names at least one programme")
    noun = "vaccination" if len(programme_names) == 1 else "vaccinations"
    return f"{join_words(programme_names)} {noun}"
