"""What becomes of consent and triage if two contacts are one person. Source: consent §9.3."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from calendars.rules import academic_year_of
from cohorts.models import Child
from consent import doses, lapse_rules, status_rules
from consent.decisions import DOUBLES
from consent.facts import inputs_on, triage_input
from consent.models import ConsentResponse, Triage
from sessions_app.choices import ConsentStatus, TriageStatus


@dataclass(frozen=True)
class Standing:
    """Consent and triage of a programme, in words."""

    consent: str
    triage: str


@dataclass(frozen=True)
class Prospect:
    """A child's programme before and after; `counts` is the one person's answer that counts then,
    `superseded` the answers that count now and then no more.
    """

    child: Child
    response: ConsentResponse
    before: Standing
    after: Standing
    counts: ConsentResponse | None
    superseded: Sequence[ConsentResponse]


def prospects(children: Collection[Child], *, stays: int, goes: int, today: date) -> list[Prospect]:
    """Of each programme of this year and later that either parent answered about, what the merge
    of `goes` into `stays` brings. The number of queries does not depend on that of the rows.
    """
    year = academic_year_of(today)
    scope = {"child__in": children, "academic_year__gte": year}
    stored = list(
        ConsentResponse.objects.filter(**scope)
        .select_related("assessment", "programme", "child")
        .order_by("child__given_name_key", "child_id", "programme__name", "academic_year", "pk")
    )
    groups = defaultdict(list)
    for response, seen in zip(stored, inputs_on(stored, today), strict=True):
        groups[response.child_id, response.programme_id, response.academic_year].append(seen)
    decisions = defaultdict(list)
    for triage in Triage.objects.filter(**scope):
        decisions[triage.child_id, triage.programme_id, triage.academic_year].append(
            triage_input(triage)
        )
    histories = doses.partial_histories({one.pk for one in children}, DOUBLES, year)
    by_pk = {response.pk: response for response in stored}
    found = []
    for key, answers in groups.items():
        if not any(one.responder in (stays, goes) for one in answers):
            continue
        child_id, programme, academic_year = key
        named = {"programme": programme, "academic_year": academic_year}
        history = histories.get((child_id, programme))

        def standing(said: Iterable[status_rules.Response], key=key, named=named, history=history):
            left, standing = lapse_rules.as_of(said, decisions[key], **named, today=today)
            triage = status_rules.triage_status(
                left,
                standing,
                **named,
                today=today,
                history_known_at=history.known_at if history else None,
            )
            consent = status_rules.consent_status(left, **named)
            return Standing(
                str(ConsentStatus(consent).label), str(TriageStatus(triage).label)
            ), status_rules.counted_responses(left, **named)

        before, counted = standing(answers)
        after, counted_then = standing(
            [replace(one, responder=stays) if one.responder == goes else one for one in answers]
        )
        then = {one.order for one in counted_then}
        mine = [one.order for one in counted_then if one.responder == stays]
        found.append(
            Prospect(
                by_pk[answers[0].order].child,
                by_pk[answers[0].order],
                before,
                after,
                by_pk[mine[0]] if mine else None,
                [by_pk[one.order] for one in counted if one.order not in then],
            )
        )
    return found
