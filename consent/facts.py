"""What `sessions_app` asks consent for: each child's consent and triage, a programme at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from django.db.models import Q

from consent import doses, lapse_rules, questions, status_rules
from consent.choices import Decision, Route
from consent.decisions import DOUBLES
from consent.models import ConsentResponse, GillickAssessment, Triage
from consent.status_rules import CHILD
from sessions_app.choices import Exclusion

Pair = tuple[int, str]
Facts = dict[Pair, str]
# What is left of the answers and of the decisions.
Left = tuple[list[status_rules.Response], list[status_rules.TriageDecision]]


def status_facts(child_ids: Collection[int], academic_year: int, today: date) -> dict[str, Facts]:
    """What stored statuses learn from here, by name: "consent", "triage" and "exclusion", as
    `triage_facts` and `exclusion_facts` describe them. All is read once: at most nine queries.
    """
    left = _as_of(child_ids, academic_year, today)
    consents = {
        pair: status_rules.consent_status(responses, programme=pair[1], academic_year=academic_year)
        for pair, (responses, _) in left.items()
    }
    return {
        "consent": consents,
        "triage": _triages(left, academic_year, today),
        "exclusion": _exclusions(child_ids, left, academic_year),
    }


def consent_facts(child_ids: Collection[int], academic_year: int, today: date) -> Facts:
    """The consent status of each child and programme with an answer that year; at most four
    queries. Depends on the day, because a child's own consent is good for one.
    """
    return {
        pair: status_rules.consent_status(responses, programme=pair[1], academic_year=academic_year)
        for pair, responses in _good_responses(child_ids, academic_year, today).items()
    }


def who_gave(child_ids: Collection[int], academic_year: int, today: date) -> dict[Pair, set[int]]:
    """The parents whose answer counts and is consent, by child and programme; at most four
    queries. Where a competent child's own answer counts alone, no parent does.
    """
    return {
        pair: status_rules.parents_who_gave(
            responses, programme=pair[1], academic_year=academic_year
        )
        for pair, responses in _good_responses(child_ids, academic_year, today).items()
    }


def exclusion_facts(child_ids: Collection[int], academic_year: int, today: date) -> Facts:
    """What keeps parents from being written to and no status tells; at most seven queries.

    Where a nurse decided against the vaccination and answers since call for another look, triage is
    needed, but "no" is still what was decided.

    A child who consented alone said whether their parents are told. The last such wish holds while
    that consent is valid, in later years too: a second dose would tell of the first. What is given
    anew each year tells nothing of the year before. Nor is there anything to tell of a consent that
    was withdrawn before anybody acted on it. One that ends with its day holds the wish until it is
    marked as invalid: what a child keeps to themselves is never told early. Source: consent §11;
    lessons I9.
    """
    left = _as_of(child_ids, academic_year, today, route=Route.SELF)
    return _exclusions(child_ids, left, academic_year)


def _exclusions(child_ids: Collection[int], left: Mapping[Pair, Left], academic_year: int) -> Facts:
    wishes = list(
        ConsentResponse.objects.filter(
            Q(academic_year=academic_year)
            | Q(academic_year__lt=academic_year, programme__is_seasonal=False),
            child_id__in=child_ids,
            route=Route.SELF,
            decision=Decision.GIVEN,
            invalidated_at__isnull=True,
        )
        .select_related("assessment")
        .order_by("responded_at", "pk")
    )
    over = {wish.pk for wish in doses.not_acted_on(one for one in wishes if one.withdrawn_at)}
    last = {
        (wish.child_id, wish.programme_id): wish.notify_parents
        for wish in wishes
        if wish.pk not in over
    }
    decided = {
        pair: Exclusion.DO_NOT_VACCINATE
        for pair, (_, decisions) in left.items()
        if status_rules.is_decided_against(
            decisions, programme=pair[1], academic_year=academic_year
        )
    }
    kept = {pair: Exclusion.CHILD_DECIDED for pair, is_told in last.items() if not is_told}
    return {**decided, **kept}


def triage_facts(child_ids: Collection[int], academic_year: int, today: date) -> Facts:
    """Where triage stands for each child and programme with an answer or a decision that year.

    At most seven queries. Depends on the day, because a delay ends, and a child's own consent.
    """
    return _triages(_as_of(child_ids, academic_year, today), academic_year, today)


def _triages(left: Mapping[Pair, Left], academic_year: int, today: date) -> Facts:
    histories = _histories(
        [pair for pair, (responses, _) in left.items() if responses], academic_year
    )
    return {
        pair: status_rules.triage_status(
            responses,
            decisions,
            programme=pair[1],
            academic_year=academic_year,
            today=today,
            history_known_at=histories.get(pair),
        )
        for pair, (responses, decisions) in left.items()
    }


def _histories(pairs: Collection[Pair], academic_year: int) -> dict[Pair, datetime]:
    """Since when it is known of those of these pairs who were given too few doses that they were.

    Such a history calls for triage in programmes of adolescents, whose earlier doses are those of
    childhood. Source: consent §10.
    """
    child_ids = {child_id for child_id, programme in pairs if programme in DOUBLES}
    histories = doses.partial_histories(child_ids, DOUBLES, academic_year)
    return {pair: history.known_at for pair, history in histories.items()}


def rule_inputs(responses: Iterable[ConsentResponse]) -> list[status_rules.Response]:
    """Stored responses as the rules see them; one query, whether the children are competent."""
    found = list(responses)
    competent = _competence([one for one in found if one.is_self_consent])
    return [_rule_input(one, competent.get(one.pk, True)) for one in found]


def inputs_on(responses: Iterable[ConsentResponse], today: date) -> list[status_rules.Response]:
    """Stored responses, loaded with their assessments, as the rules see them on a day: with the day
    that a child's own is good on, if it has passed and nobody acted on it. At most three queries.
    """
    found = list(responses)
    days = {one.pk: one.assessment.assessed_on for one in found if one.assessment}
    earlier = [one for one in found if days.get(one.pk, today) < today]
    unused = {one.pk for one in doses.not_acted_on(earlier)}
    return [
        replace(seen, good_on=days[one.pk]) if one.pk in unused else seen
        for one, seen in zip(found, rule_inputs(found), strict=True)
    ]


def _rule_input(response: ConsentResponse, is_competent: bool) -> status_rules.Response:
    return status_rules.Response(
        responder=CHILD if response.parent_id is None else response.parent_id,
        programme=response.programme_id,
        academic_year=response.academic_year,
        decision=response.decision,
        responded_at=response.responded_at,
        order=response.pk,
        withdrawn_at=response.withdrawn_at,
        confirmed_at=response.confirmed_at,
        is_invalid=not response.is_valid,
        calls_for_triage=questions.call_for_triage(response.health_answers),
        methods=tuple(response.methods),
        without_gelatine=response.without_gelatine,
        awaits_follow_up=response.wants_follow_up and not response.follow_up_outcome,
        is_competent=is_competent,
    )


def _competence(own: Collection[ConsentResponse]) -> Mapping[int, bool]:
    """Whether the newest version of the assessment behind each child's own answer says so.

    An assessment is of a child, session, programme and day; editing it adds a version.
    """
    if not own:
        return {}
    newest = {
        _series(assessment): assessment.is_competent
        for assessment in GillickAssessment.objects.filter(
            child_id__in={one.child_id for one in own}
        ).order_by("pk")
    }
    behind = GillickAssessment.objects.in_bulk({one.assessment_id for one in own})
    return {one.pk: newest[_series(behind[one.assessment_id])] for one in own}


def _series(assessment: GillickAssessment) -> tuple:
    return (
        assessment.child_id,
        assessment.session_id,
        assessment.programme_id,
        assessment.assessed_on,
    )


def triage_input(triage: Triage) -> status_rules.TriageDecision:
    """A stored decision as the rules see it."""
    return status_rules.TriageDecision(
        programme=triage.programme_id,
        academic_year=triage.academic_year,
        outcome=triage.outcome,
        performed_at=triage.performed_at,
        order=triage.pk,
        delay_until=triage.delay_until,
        method=triage.method,
        is_invalid=triage.invalidated_at is not None,
    )


def _as_of(
    child_ids: Collection[int], academic_year: int, today: date, **only: str
) -> dict[Pair, Left]:
    """The answers and decisions of each child and programme, without what ended before today;
    `only` narrows the answers, of which the children's own are what decisions end with.
    """
    responses = _responses(child_ids, academic_year, today, **only)
    decisions = _decisions(child_ids, academic_year)
    return {
        pair: lapse_rules.as_of(
            responses.get(pair, []),
            decisions.get(pair, []),
            programme=pair[1],
            academic_year=academic_year,
            today=today,
        )
        for pair in responses.keys() | decisions.keys()
    }


def _good_responses(
    child_ids: Collection[int], academic_year: int, today: date
) -> dict[Pair, list[status_rules.Response]]:
    return {
        pair: [one for one in responses if not lapse_rules.is_over(one, today=today)]
        for pair, responses in _responses(child_ids, academic_year, today).items()
    }


def _responses(
    child_ids: Collection[int], academic_year: int, today: date, **only: str
) -> dict[Pair, list[status_rules.Response]]:
    rows = ConsentResponse.objects.filter(
        child_id__in=child_ids, academic_year=academic_year, **only
    )
    stored = list(rows.select_related("assessment").order_by())
    found = defaultdict(list)
    for response, seen in zip(stored, inputs_on(stored, today), strict=True):
        found[response.child_id, response.programme_id].append(seen)
    return found


def _decisions(
    child_ids: Collection[int], academic_year: int
) -> dict[Pair, list[status_rules.TriageDecision]]:
    found = defaultdict(list)
    for triage in Triage.objects.filter(
        child_id__in=child_ids, academic_year=academic_year
    ).order_by():
        found[triage.child_id, triage.programme_id].append(triage_input(triage))
    return found
