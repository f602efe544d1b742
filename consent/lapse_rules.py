"""What ends by itself: a child's own consent with its day, and what was found safe with what it was
decided on. Plain values in and out. Source: consent §11; decision 0045.
"""

from collections.abc import Iterable
from datetime import date, datetime

from consent.choices import TriageOutcome
from consent.status_rules import Response, TriageDecision, end_of, newest_triage


def is_over(response: Response, *, today: date) -> bool:
    """Whether a child's own consent is of an earlier day. That they refused, or withdrew, stands.

    Source: consent §11; decision 0045.
    """
    return (
        response.good_on is not None
        and response.good_on < today
        and response.is_given
        and not response.is_invalid
    )


def as_of(
    responses: Iterable[Response],
    decisions: Iterable[TriageDecision],
    *,
    programme: str,
    academic_year: int,
    today: date,
) -> tuple[list[Response], list[TriageDecision]]:
    """What is left on a day of the answers and decisions about a programme and year.

    Own consents of earlier days are gone, and with each what lapsed at the end of its day:
    whether or not the job of the night has marked them as invalid yet. Source: consent §11.
    """
    scope = {"programme": programme, "academic_year": academic_year}
    answers, standing = list(responses), list(decisions)
    since: dict[date, datetime] = {}
    for one in answers:
        if (one.programme, one.academic_year) == (programme, academic_year) and is_over(
            one, today=today
        ):
            assert one.good_on is not None
            since[one.good_on] = min(one.responded_at, since.get(one.good_on, one.responded_at))
    for day in sorted(since):
        gone = lapsing(standing, since=since[day], until=end_of(day), **scope)
        standing = [decision for decision in standing if decision not in gone]
    return [one for one in answers if not is_over(one, today=today)], standing


def lapsing(
    decisions: Iterable[TriageDecision],
    *,
    programme: str,
    academic_year: int,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[TriageDecision]:
    """The decisions that lapse once what a child was found safe for is over, in no set order.

    That it is safe lapses, and with it what that decision had replaced, back to `since`. What was
    decided from `until` on, when that was over, was decided on something else. One that says "no"
    or "not yet" stands until a nurse decides again: nobody becomes ready by the passing of a day.
    Source: consent §11; sessions and clinics §5 and E11.
    """
    valid = [
        decision
        for decision in decisions
        if not decision.is_invalid and (until is None or decision.performed_at < until)
    ]
    scope = {"programme": programme, "academic_year": academic_year}
    newest = newest_triage(valid, **scope)
    if newest is None or newest.outcome != TriageOutcome.SAFE:
        return []
    return [
        decision
        for decision in valid
        if (decision.programme, decision.academic_year) == (programme, academic_year)
        and (since is None or decision.performed_at >= since)
    ]
