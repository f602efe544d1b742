"""What a child's responses and triage add up to: the one place where a status is decided.

Plain values in and out. `sessions_app` stores the outcome; lists, counts and invitations read it.
Source: consent §9.3 and §10.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from calendars.clock import london_instant
from consent.choices import Decision, TriageOutcome
from consent.decisions import Agreement
from programmes.choices import Method
from sessions_app.choices import ConsentStatus, TriageStatus

CHILD = 0
PREFERENCE = (Method.NASAL, Method.INJECTION)


@dataclass(frozen=True, slots=True)
class Response:
    """One answer by one person, as far as a status depends on it.

    `responder` is the parent's id, so that two people of one name stay two; `CHILD` for the child.
    `confirmed_at` is when a refusal that was talked about was found to stand. `order` decides
    between words of one instant: the larger is the later. Of the child's own answer alone are
    `is_competent`: the assessment behind it still says so; and `good_on`: the one day that a
    consent is for, unless somebody acted on it.
    """

    responder: int
    programme: str
    academic_year: int
    decision: str
    responded_at: datetime
    order: int
    withdrawn_at: datetime | None = None
    confirmed_at: datetime | None = None
    is_invalid: bool = False
    calls_for_triage: bool = False
    methods: Collection[str] = (Method.INJECTION,)
    without_gelatine: bool = False
    awaits_follow_up: bool = False
    is_competent: bool = True
    good_on: date | None = None

    @property
    def stands_for(self) -> str:
        """The decision in force: a withdrawn consent is a refusal."""
        return self.decision if self.withdrawn_at is None else str(Decision.REFUSED)

    @property
    def last_word_at(self) -> datetime:
        """When the responder last spoke about it."""
        return last_word_at(
            self.responded_at, withdrawn_at=self.withdrawn_at, confirmed_at=self.confirmed_at
        )

    @property
    def is_given(self) -> bool:
        return self.stands_for == Decision.GIVEN


@dataclass(frozen=True, slots=True)
class TriageDecision:
    """What a nurse decided; `order` decides between decisions of one instant."""

    programme: str
    academic_year: int
    outcome: str
    performed_at: datetime
    order: int
    delay_until: date | None = None
    method: str = ""
    is_invalid: bool = False


def counted_responses(
    responses: Iterable[Response], *, programme: str, academic_year: int
) -> list[Response]:
    """The valid decision each responder spoke of last in a programme and year, in no set order.

    Invalid answers, and notes that nobody answered, never count; so neither hides an earlier
    decision of the same person. A competent child's own answer counts alone. Source: consent §9.3.
    """
    newest: dict[int, Response] = {}
    for response in responses:
        if (response.programme, response.academic_year) != (programme, academic_year):
            continue
        if response.is_invalid or response.decision == Decision.NOT_PROVIDED:
            continue
        if response.responder == CHILD and not response.is_competent:
            continue
        other = newest.get(response.responder)
        if other is None or _said(other) < _said(response):
            newest[response.responder] = response
    return [newest[CHILD]] if CHILD in newest else list(newest.values())


def parents_who_gave(
    responses: Iterable[Response], *, programme: str, academic_year: int
) -> set[int]:
    """The parents whose last valid word in a programme and year is consent."""
    counted = counted_responses(responses, programme=programme, academic_year=academic_year)
    return {one.responder for one in counted if one.is_given and one.responder != CHILD}


def _said(response: Response) -> tuple[datetime, int]:
    return response.last_word_at, response.order


def last_word_at(
    responded_at: datetime, *, withdrawn_at: datetime | None, confirmed_at: datetime | None
) -> datetime:
    """When a person last spoke about an answer: gave it, withdrew it, or stood by a refusal.

    Of a person's answers the one spoken of last counts, not the one that became known last: an
    online answer may find its child long after it was given. Source: consent §7 and §9.3.
    """
    return max(filter(None, (responded_at, withdrawn_at, confirmed_at)))


def end_of(day: date) -> datetime:
    """The first moment that is no more of a London day."""
    return london_instant(day + timedelta(days=1), time.min)


def counts_from(signed_on: date, decision: str, *, recorded_at: datetime) -> datetime:
    """When an answer of which only the day is known, a form on paper, is taken to have been given.

    It was some time between the first moment of that day and when it was typed in: consent is
    taken to be as early as it may have been, a refusal as late. So where nobody can know which of
    a person's answers was the later, the refusal counts. Source: consent §9.3, rule 5.
    """
    if decision != Decision.REFUSED:
        return london_instant(signed_on, time.min)
    return min(end_of(signed_on) - timedelta(microseconds=1), recorded_at)


def agreed(counted: Collection[Response]) -> Agreement | None:
    """What all who count agree to: the methods in common, without gelatine if anybody asks so.

    None unless all gave consent and have a method in common. Source: consent §9.2.
    """
    if not counted or not all(response.is_given for response in counted):
        return None
    common = set.intersection(*(set(response.methods) for response in counted))
    if not common:
        return None
    return Agreement(
        tuple(method for method in PREFERENCE if method in common),
        without_gelatine=any(response.without_gelatine for response in counted),
    )


def consent_status(responses: Iterable[Response], *, programme: str, academic_year: int) -> str:
    """The consent of all who count together: a value of `ConsentStatus`.

    A hard refusal beside anything else is a conflict, and so is consent to different methods.
    Source: consent §9.2 and §9.3.
    """
    return _status(counted_responses(responses, programme=programme, academic_year=academic_year))


def _status(counted: Collection[Response]) -> str:
    if not counted:
        return ConsentStatus.NO_RESPONSE
    given = sum(response.is_given for response in counted)
    awaiting = sum(not response.is_given and response.awaits_follow_up for response in counted)
    refused = len(counted) - given - awaiting
    if refused == len(counted):
        return ConsentStatus.REFUSED
    if refused:
        return ConsentStatus.CONFLICTS
    if awaiting:
        return ConsentStatus.FOLLOW_UP
    return ConsentStatus.GIVEN if agreed(counted) else ConsentStatus.CONFLICTS


def newest_triage(
    decisions: Iterable[TriageDecision], *, programme: str, academic_year: int
) -> TriageDecision | None:
    """The decision that counts: the newest valid one in a programme and year."""
    return max(
        (
            decision
            for decision in decisions
            if (decision.programme, decision.academic_year) == (programme, academic_year)
            and not decision.is_invalid
        ),
        key=lambda decision: (decision.performed_at, decision.order),
        default=None,
    )


def is_decided_against(
    decisions: Iterable[TriageDecision], *, programme: str, academic_year: int
) -> bool:
    """Whether the decision that counts is not to vaccinate.

    Newer answers may call for a nurse to look again; until one does, nobody is invited to what was
    decided against. Source: sessions and clinics §6.3; decision 0045.
    """
    newest = newest_triage(decisions, programme=programme, academic_year=academic_year)
    return newest is not None and newest.outcome == TriageOutcome.DO_NOT_VACCINATE


def triage_status(
    responses: Iterable[Response],
    decisions: Iterable[TriageDecision],
    *,
    programme: str,
    academic_year: int,
    today: date,
    history_known_at: datetime | None = None,
) -> str:
    """Where triage stands: a value of `TriageStatus`.

    It is needed where consent is given and something calls for it that is newer than the last
    decision: an answer, or doses given before that are not enough, of which `history_known_at` is
    when the last became known. And where the decision was to keep it in triage, or the day that a
    delay named has come. A decision that stops the vaccination stands whatever the consent; that
    it is safe stands only beside consent to the vaccine found safe. Source: consent §9.3, rule 6,
    and §10.
    """
    counted = counted_responses(responses, programme=programme, academic_year=academic_year)
    last = newest_triage(decisions, programme=programme, academic_year=academic_year)
    is_given = _status(counted) == ConsentStatus.GIVEN
    if last is None:
        calls = is_given and bool(_calls(counted, history_known_at))
        return TriageStatus.NEEDED if calls else TriageStatus.NOT_NEEDED
    if is_given and (
        any(called_at > last.performed_at for called_at in _calls(counted, history_known_at))
        or _is_reopened(last, counted, today)
    ):
        return TriageStatus.NEEDED
    if not is_given and (
        last.outcome in (TriageOutcome.SAFE, TriageOutcome.KEEP) or _is_over(last, today)
    ):
        return TriageStatus.NOT_NEEDED
    return TriageStatus(last.outcome)


def _calls(
    counted: Collection[Response], history_known_at: datetime | None
) -> Collection[datetime]:
    """When each thing that calls for triage became known."""
    answers = [response.responded_at for response in counted if response.calls_for_triage]
    return answers if history_known_at is None else [*answers, history_known_at]


def _is_reopened(last: TriageDecision, counted: Collection[Response], today: date) -> bool:
    if last.outcome == TriageOutcome.KEEP or _is_over(last, today):
        return True
    agreement = agreed(counted)
    return bool(last.method) and (agreement is None or last.method not in agreement.methods)


def _is_over(last: TriageDecision, today: date) -> bool:
    """Whether the first day a delayed vaccine may be given has come."""
    return last.delay_until is not None and last.delay_until <= today


def may_be_vaccinated(*, consent: str, triage: str) -> bool:
    """Whether the vaccine may be given: consent given, and triage safe or not needed.

    A later refusal always blocks, whatever triage said. Source: consent §9.3, rule 5.
    """
    return consent == ConsentStatus.GIVEN and triage in (
        TriageStatus.SAFE,
        TriageStatus.NOT_NEEDED,
    )
