"""What a triage decision is made on: the responses that count, and earlier decisions."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime

from cohorts.models import Child
from consent import doses, lapse_rules, status_rules
from consent.choices import Decision
from consent.decisions import DOUBLES
from consent.facts import inputs_on, triage_input
from consent.models import ConsentResponse, Triage

# A response as the rules see it, and as it is stored.
Counted = tuple[status_rules.Response, ConsentResponse]


def counted_responses(
    child: Child, programme: str, academic_year: int, *, today: date
) -> list[Counted]:
    """The responses that count today for a child's programme and year, with what they say; the
    newest first. At most four queries.
    """
    stored = list(
        ConsentResponse.objects.filter(
            child=child, programme=programme, academic_year=academic_year
        ).select_related("recorded_by", "assessment")
    )
    counted = status_rules.counted_responses(
        [one for one in inputs_on(stored, today) if not lapse_rules.is_over(one, today=today)],
        programme=programme,
        academic_year=academic_year,
    )
    by_order = {response.pk: response for response in stored}
    return [
        (seen, by_order[seen.order])
        for seen in sorted(counted, key=lambda one: (one.responded_at, one.order), reverse=True)
    ]


def triages_of(child: Child, academic_year: int) -> Sequence[Triage]:
    """All decisions about a child in a year, the newest first; one query."""
    return list(
        Triage.objects.filter(child=child, academic_year=academic_year).select_related(
            "performed_by"
        )
    )


def newest_triage(child: Child, programme: str, academic_year: int) -> Triage | None:
    """The decision that counts for a child's programme and year."""
    return newest_of(triages_of(child, academic_year), programme, academic_year)


def newest_of(triages: Iterable[Triage], programme: str, academic_year: int) -> Triage | None:
    """The decision that counts among those about a child, for a programme and year."""
    stored = {triage.pk: triage for triage in triages}
    newest = status_rules.newest_triage(
        map(triage_input, stored.values()), programme=programme, academic_year=academic_year
    )
    return stored[newest.order] if newest else None


def lapsing_of(
    triages: Iterable[Triage],
    programme: str,
    academic_year: int,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Triage]:
    """Those of the stored decisions about a child that `lapse_rules.lapsing` names."""
    stored = {triage.pk: triage for triage in triages}
    lapsing = lapse_rules.lapsing(
        map(triage_input, stored.values()),
        programme=programme,
        academic_year=academic_year,
        since=since,
        until=until,
    )
    return [stored[decision.order] for decision in lapsing]


def resting_on(
    response: ConsentResponse, *, today: date, since: datetime | None = None
) -> list[Triage]:
    """The decisions that end with a consent which is withdrawn or marked as invalid: that it is
    safe, if decided since it was given, or `since` it was known of the child, and what that
    replaced; the newest first. At most five queries.

    Nothing rests on what is no consent, or does not count any more. "No" and "not yet" stand until
    a nurse decides again. Source: consent §7; decision 0045.
    """
    if response.decision != Decision.GIVEN or response.withdrawn_at is not None:
        return []
    about = (response.programme_id, response.academic_year)
    counted = counted_responses(response.child, *about, today=today)
    # A child found not to be competent has answered all the same.
    if not response.is_self_consent and response.pk not in [seen.order for seen, _ in counted]:
        return []
    valid = Triage.objects.filter(
        child=response.child_id,
        programme=response.programme_id,
        academic_year=response.academic_year,
        invalidated_at__isnull=True,
    )
    since = since or response.responded_at
    return lapsing_of(valid.select_related("programme"), *about, since=since)


def basis_now(child: Child, programme: str, academic_year: int, *, today: date) -> str:
    """What a decision would be made on now. Read it before what a page shows, never after: then
    a nurse may be asked twice, but saves nothing on what they have not seen. At most six queries.
    """
    return basis(
        counted_responses(child, programme, academic_year, today=today),
        newest_triage(child, programme, academic_year),
        histories(child, [programme], academic_year).get(programme),
    )


def basis(
    counted: Iterable[Counted], newest: Triage | None, history: doses.PartialHistory | None
) -> str:
    """What a decision is made on, as a form carries it: the decision before, the responses that
    count, and when the last of too few earlier doses became known. It changes as any of them does.
    """
    responses = sorted(seen.order for seen, _ in counted)
    known_at = history.known_at.astimezone(UTC).isoformat() if history else ""
    return f"{newest.pk if newest else ''}/{','.join(map(str, responses))}/{known_at}"


def histories(
    child: Child, programmes: Collection[str], academic_year: int
) -> dict[str, doses.PartialHistory]:
    """The doses given before that are not enough, by programme. Source: consent §10."""
    asked = [key for key in programmes if key in DOUBLES]
    found = doses.partial_histories([child.pk], asked, academic_year)
    return {programme: history for (_, programme), history in found.items()}
