"""Where a child stands, and when parents may be asked: plain values in and out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from consent import status_rules
from sessions_app.choices import ConsentStatus, TriageStatus
from sessions_app.rules import join_words

NONE_COUNTS = "There is no response that counts. Those recorded are below."
REPEAT_AFTER = timedelta(hours=24)
DOUBLE_CLICK = timedelta(minutes=1)


def respond_by(dates: Iterable[date], *, today: date) -> date | None:
    """The day messages ask parents to answer by: the day before the next date to come.

    None once the last date is here or past. Source: sessions and clinics §6.5.
    """
    upcoming = [day for day in dates if day > today]
    return min(upcoming) - timedelta(days=1) if upcoming else None


# What an answer does not stand in the way of; the year group may.
NO_OBSTACLE = {ConsentStatus.NO_RESPONSE, ConsentStatus.GIVEN}


class Standing(Enum):
    """Where a child stands in a programme: the banner's title, its colour and a sentence.

    The sentence is true of every case: of responses only some may count, and those that conflict
    may all be consent, to different methods.

    Source: sessions and clinics §3.4.
    """

    VACCINATED = "Vaccinated", "green", "The child has had this vaccination."
    DO_NOT_VACCINATE = "Could not vaccinate", "red", "Triage decided not to vaccinate."
    DELAYED = "Could not vaccinate", "red", "Triage decided to delay the vaccination."
    INVITED_TO_CLINIC = "Could not vaccinate", "red", "Triage decided to vaccinate at a clinic."
    REFUSED = "Consent refused", "red", "Everybody whose response counts refused consent."
    CONFLICTS = (
        "Conflicting consent",
        "orange",
        "The responses differ. The child cannot be vaccinated until they agree.",
    )
    FOLLOW_UP = "Follow-up requested", "blue", "Somebody refused, and asked to talk about it."
    NOT_OFFERED = (
        "Not offered",
        "grey",
        "The child is not in a year group for this vaccination.",
    )
    NO_RESPONSE = "No response", "blue", "Nobody has responded yet."
    NEEDS_TRIAGE = (
        "Needs triage",
        "blue",
        "A nurse needs to decide whether it is safe to vaccinate.",
    )
    SAFE = "Safe to vaccinate", "purple", "Triage decided that it is safe to vaccinate."
    READY = "Ready for nurse", "teal", "Consent is given and no triage is needed."

    @property
    def title(self) -> str:
        return self.value[0]

    @property
    def colour(self) -> str:
        return self.value[1]

    @property
    def explanation(self) -> str:
        return self.value[2]


@dataclass(frozen=True)
class ProgrammeFacts:
    """Where a child stands in one programme of the session."""

    key: str
    name: str
    consent: str
    triage: str
    is_vaccinated: bool
    is_in_year_group: bool
    is_kept_from_parents: bool = False

    @property
    def is_unanswered(self) -> bool:
        """Nobody has answered, and the child is to have it and has not had it."""
        return (
            self.consent == ConsentStatus.NO_RESPONSE
            and not self.is_vaccinated
            and self.is_in_year_group
        )

    @property
    def is_to_be_asked(self) -> bool:
        """Unanswered, unless the child asked that their parents be told nothing of it (I9)."""
        return self.is_unanswered and not self.is_kept_from_parents

    @property
    def standing(self) -> Standing:
        """The first that applies; a refusal blocks whatever triage said. A child outside the year
        groups waits for no response, and is not vaccinated although somebody agreed.

        Source: sessions and clinics §3.4; consent §9.3 rule 5.
        """
        if self.is_vaccinated:
            return Standing.VACCINATED
        if self.triage == TriageStatus.DO_NOT_VACCINATE:
            return Standing.DO_NOT_VACCINATE
        if self.triage == TriageStatus.DELAY:
            return Standing.DELAYED
        if self.triage == TriageStatus.INVITE_TO_CLINIC:
            return Standing.INVITED_TO_CLINIC
        if not self.is_in_year_group and self.consent in NO_OBSTACLE:
            return Standing.NOT_OFFERED
        if status_rules.may_be_vaccinated(consent=self.consent, triage=self.triage):
            return Standing.SAFE if self.triage == TriageStatus.SAFE else Standing.READY
        if self.consent != ConsentStatus.GIVEN:
            return Standing[ConsentStatus(self.consent).name]
        return Standing.NEEDS_TRIAGE


@dataclass(frozen=True)
class ChildFacts:
    """What decides whether a child's parents may be asked in a session.

    `responses_close_on` is the last day parents may answer; none while there are no dates.
    """

    is_deceased: bool
    is_invalid: bool
    is_restricted: bool
    is_reachable: bool
    is_session_closed: bool
    responses_close_on: date | None
    programmes: tuple[ProgrammeFacts, ...]

    @property
    def to_be_asked(self) -> tuple[ProgrammeFacts, ...]:
        """The programmes a request would ask about."""
        return tuple(programme for programme in self.programmes if programme.is_to_be_asked)


def refused_by(people: Sequence[str]) -> str:
    """Who refused, of those whose response counts, as a sentence: each as Jane Smith (Mum).

    Source: consent §14.3, scenario 22.
    """
    return f"Refused by {join_words(people)}."


def why_no_request(facts: ChildFacts, *, today: date) -> str:
    """Why "Send consent request" is not possible now, as a sentence; empty when it is.

    Asked when the page is shown and again when the button is pressed, so that E28 to E31 have
    one answer. Source: consent §8.2, sessions and clinics §7 and §12.
    """
    if facts.is_deceased:
        return "Consent requests cannot be sent because the child has died."
    if facts.is_invalid:
        return "Consent requests cannot be sent because the record is flagged as invalid."
    if facts.is_restricted:
        return "Consent requests cannot be sent because the record is flagged as sensitive."
    if facts.is_session_closed:
        return "Consent requests cannot be sent because this session is closed."
    if not facts.to_be_asked:
        return _why_nobody_is_asked(facts.programmes)
    closes_on = facts.responses_close_on
    if closes_on is None:
        return "Consent requests can be sent once session dates are scheduled."
    if today > closes_on:
        return (
            "Consent requests can no longer be sent: online responses closed at the end of "
            f"{closes_on.day} {closes_on:%B %Y}."
        )
    if not facts.is_reachable:
        return (
            "Consent requests cannot be sent because no parent has an email address or mobile "
            "number that can be written to."
        )
    return ""


def _why_nobody_is_asked(programmes: tuple[ProgrammeFacts, ...]) -> str:
    """Why no programme is left to ask about."""
    wanted = [programme for programme in programmes if programme.is_in_year_group]
    if not wanted:
        return (
            "Consent requests cannot be sent because the child is not in a year group for this "
            "vaccination."
        )
    if all(programme.is_vaccinated for programme in wanted):
        return "No consent request is needed because the child is already vaccinated."
    if any(programme.is_unanswered for programme in wanted):
        return (
            "Consent requests cannot be sent because the child consented themselves and asked us "
            "not to tell their parents."
        )
    return "No consent request is needed because a response has already been recorded."


def why_no_response(facts: ChildFacts, programme: ProgrammeFacts) -> str:
    """Why "Get consent response" is not offered for a programme, as a sentence; else empty.

    Staff may record an answer after the parents' deadline and without dates. Source: sessions
    and clinics §12 E30 and E31.
    """
    if facts.is_deceased:
        return "Responses cannot be recorded because the child has died."
    if facts.is_session_closed:
        return "Responses cannot be recorded because this session is closed."
    if not programme.is_in_year_group:
        return (
            "No response is needed because the child is not in a year group for this vaccination."
        )
    if programme.is_vaccinated:
        return "No response is needed because the child is already vaccinated."
    return ""


def is_repeat(*, latest_request_at: datetime | None, now: datetime) -> bool:
    """Whether a further request needs an explicit yes: the last was under 24 hours ago (E29)."""
    return latest_request_at is not None and now - latest_request_at < REPEAT_AFTER


def why_no_triage(facts: ChildFacts, programme: ProgrammeFacts) -> str:
    """Why a nurse cannot decide on triage for a programme now, as a sentence; else empty.

    Possible whenever consent is given, even if no answer calls for it. Source: consent §10.
    """
    if facts.is_deceased:
        return "Triage is not possible because the child has died."
    if facts.is_session_closed:
        return "Triage is not possible because this session is closed."
    if programme.is_vaccinated:
        return "No triage is needed because the child is already vaccinated."
    if programme.consent != ConsentStatus.GIVEN:
        return "Triage is possible once consent is given."
    return ""


def is_double_click(*, latest_request_at: datetime | None, now: datetime) -> bool:
    """Whether a further request comes too soon to be meant, from two tabs or two people: within a
    minute. Source: consent §8.2 [R].
    """
    return latest_request_at is not None and now - latest_request_at < DOUBLE_CLICK
