"""Withdrawing a consent and marking a response as invalid. Source: consent §7.

What was answered stays as it was: each change is a row of its own. With a consent ends what was
found safe on it; "do not vaccinate" and "delay" end by a nurse's decision only.
"""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from activity import services as activity
from activity.models import Entry
from calendars.clock import london_day
from calendars.rules import first_day_of
from cohorts.models import Child
from consent import change_rules, lapse_rules, reasons
from consent.facts import inputs_on
from consent.models import ConsentResponse, ResponseChange, Triage
from consent.selectors.responses import kept_of, later_answer
from consent.selectors.triage import resting_on
from consent.services import voiding
from sessions_app import invitations, statuses

Kind = ResponseChange.Kind


class ChangeNotPossible(Exception):
    """The response cannot be changed so any more; the message is a sentence for the page."""


@transaction.atomic
def withdraw_response(
    *, response: ConsentResponse, reason: str, notes: str, now: datetime, by: User
) -> ResponseChange:
    """Make a given consent a refusal from now on. Raises ChangeNotPossible; ValueError where the
    reason needs details and there are none.
    """
    rule = reasons.rule_of(reason, programme=response.programme_id)
    if rule.needs_details and not notes:
        raise ValueError(f"{reason} needs details")
    today = london_day(now)
    response, kept = locked(response)
    is_over = any(lapse_rules.is_over(seen, today=today) for seen in inputs_on([response], today))
    if refusal := change_rules.why_no_withdrawal(replace(kept, is_over=is_over)):
        raise ChangeNotPossible(refusal)
    lost = resting_on(response, today=today)
    response.withdrawn_at = now
    response.save(update_fields=["withdrawn_at"])
    return _tell(
        response, Kind.WITHDRAWN, "withdrawn", lost, reason=reason, notes=notes, now=now, by=by
    )


@transaction.atomic
def invalidate_response(
    *, response: ConsentResponse, notes: str, now: datetime, by: User | None
) -> ResponseChange:
    """Let a response no longer count, as if it had not been given. Raises ChangeNotPossible."""
    response, kept = locked(response)
    if refusal := change_rules.why_no_invalidation(kept):
        raise ChangeNotPossible(refusal)
    lost = resting_on(response, today=london_day(now))
    response.invalidated_at = now
    response.save(update_fields=["invalidated_at"])
    return _tell(response, Kind.INVALIDATED, "invalidated", lost, notes=notes, now=now, by=by)


def locked(response: ConsentResponse) -> tuple[ConsentResponse, change_rules.Kept]:
    """The response as it is now, of a child whom nobody else changes meanwhile."""
    Child.objects.lock(response.child_id)
    related = ("programme", "child", "parent", "assessment")
    found = ConsentResponse.objects.select_related(*related).get(pk=response.pk)
    return found, kept_of(found, is_superseded=later_answer(found) is not None)


def _tell(
    response: ConsentResponse,
    kind: str,
    verb: str,
    lost: list[Triage],
    *,
    notes: str,
    now: datetime,
    by: User | None,
    reason: str = "",
) -> ResponseChange:
    change = ResponseChange.objects.create(
        response=response, kind=kind, reason=reason, notes=notes, at=now, by=by
    )
    told = f"Consent from {response.parent_name} {verb}"
    voiding.void_triages(lost, because=told, now=now, by=by)
    activity.record(
        child_id=response.child_id,
        kind=Entry.Kind.CONSENT,
        title=told,
        body="\n".join(filter(None, [response.programme.name, notes])),
        **voiding.in_log_of(response, response.child.organisation_id),
        subject=response.public_id,
        voids=voiding.WITHDRAWN if kind == Kind.WITHDRAWN else voiding.INVALID,
        now=now,
        by=by,
    )
    statuses.refresh([response.child_id], today=_day_of(response, now))
    invitations.catch_up([response.child_id], now=now, by=by)
    return change


def _day_of(response: ConsentResponse, now: datetime) -> date:
    """Today; in August, for a response about the coming school year, its first day."""
    return max(london_day(now), first_day_of(response.academic_year))
