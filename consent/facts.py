"""What `sessions_app` asks consent for: each child's consent and triage, a programme at a time."""

from collections import defaultdict
from collections.abc import Collection

from consent import questions, rules
from consent.models import ConsentResponse
from sessions_app.models import TriageStatus

Facts = dict[tuple[int, str], str]


def consent_facts(child_ids: Collection[int], academic_year: int) -> Facts:
    """The consent status of each child and programme with an answer that year: one query."""
    return {
        (child_id, programme): rules.consent_status(
            responses, programme=programme, academic_year=academic_year
        )
        for (child_id, programme), responses in _responses(child_ids, academic_year).items()
    }


def triage_facts(child_ids: Collection[int], academic_year: int) -> Facts:
    """Whether each child and programme with an answer that year needs triage: one query."""
    return {
        (child_id, programme): (
            TriageStatus.NEEDED
            if rules.needs_triage(responses, programme=programme, academic_year=academic_year)
            else TriageStatus.NOT_NEEDED
        )
        for (child_id, programme), responses in _responses(child_ids, academic_year).items()
    }


def as_rule_input(response: ConsentResponse) -> rules.Response:
    """A stored response as the rules see it."""
    return rules.Response(
        responder=response.parent_id,
        programme=response.programme_id,
        academic_year=response.academic_year,
        decision=response.decision,
        responded_at=response.responded_at,
        order=response.pk,
        is_withdrawn=response.withdrawn_at is not None,
        is_invalid=response.invalidated_at is not None,
        calls_for_triage=questions.call_for_triage(response.health_answers),
    )


def _responses(
    child_ids: Collection[int], academic_year: int
) -> dict[tuple[int, str], list[rules.Response]]:
    found = defaultdict(list)
    for response in ConsentResponse.objects.filter(
        child_id__in=child_ids, academic_year=academic_year
    ).order_by():
        found[response.child_id, response.programme_id].append(as_rule_input(response))
    return found
