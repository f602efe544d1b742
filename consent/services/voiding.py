"""Marking responses and triage as no longer valid, many at once, each with its activity entry.

The rows stay as they were given. Callers have locked the children, and refresh what is derived.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from cohorts.models import Child
from consent.models import ConsentResponse, ResponseChange, Triage

# The words beside entries of the activity log that are struck through.
INVALID, WITHDRAWN = "Invalid", "Withdrawn"
Kind = ResponseChange.Kind
VERBS = {Kind.INVALIDATED: "invalidated", Kind.UNMATCHED: "is about another child"}


def in_log_of(row: ConsentResponse | Triage, holder: int | None) -> dict[str, int | None]:
    """In whose activity log it is told what becomes of an answer or decision, as arguments of
    `record`: of the organisation that has the child now (`holder`), which may be another than the
    one it came to.
    """
    if holder in (None, row.organisation_id):
        return {"organisation_id": row.organisation_id, "session_id": row.session_id}
    return {"organisation_id": holder, "session_id": None}


def _holders(rows: Collection[ConsentResponse] | Collection[Triage]) -> Mapping[int, int | None]:
    """By child, the organisation that has them now."""
    children = Child.objects.filter(pk__in={row.child_id for row in rows})
    return dict(children.values_list("pk", "organisation_id"))


def void_responses(
    responses: Collection[ConsentResponse],
    *,
    because: str,
    now: datetime,
    by: User | None,
    kind: str = Kind.INVALIDATED,
) -> None:
    """Let responses, loaded with their programmes, no longer count; and say why.

    Whom an answer is about instead only the organisation knows that it came to: that is told there.
    """
    found = ConsentResponse.objects.filter(pk__in=[one.pk for one in responses])
    found.filter(invalidated_at__isnull=True).update(invalidated_at=now)
    ResponseChange.objects.bulk_create(
        ResponseChange(response=one, kind=kind, notes=because, at=now, by=by) for one in responses
    )
    holders = {} if kind == Kind.UNMATCHED else _holders(responses)
    activity.record_all(
        activity.entry(
            child_id=one.child_id,
            kind=Entry.Kind.CONSENT,
            title=f"Consent from {one.parent_name} {VERBS[kind]}",
            body=f"{one.programme.name}\n{because}",
            **in_log_of(one, holders.get(one.child_id)),
            subject=one.public_id,
            voids=INVALID,
            now=now,
            by=by,
        )
        for one in responses
    )


def void_triages(
    triages: Collection[Triage], *, because: str, now: datetime, by: User | None
) -> None:
    """Let decisions, loaded with their programmes, no longer count; and say why."""
    Triage.objects.filter(pk__in=[one.pk for one in triages]).update(invalidated_at=now)
    holders = _holders(triages)
    activity.record_all(
        activity.entry(
            child_id=one.child_id,
            kind=Entry.Kind.TRIAGE,
            title=f"Triage decision invalidated: {one.get_outcome_display()}",
            body=f"{one.programme.name}\n{because}",
            **in_log_of(one, holders.get(one.child_id)),
            subject=one.form_token,
            voids=INVALID,
            now=now,
            by=by,
        )
        for one in triages
    )
