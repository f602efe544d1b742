"""What a nurse sees who triages while recording a response: all that is decided on, as the triage
page shows it. Source: consent §10.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cohorts.models import ParentRelationship
from consent import change_rules, doses, health_answers
from consent.health_answers import Merged
from consent.models import ConsentResponse, Triage
from consent.selectors.contacts import CHILD_LABEL
from consent.selectors.responses import weigh
from consent.wizard import Journey


@dataclass(frozen=True)
class ShownForTriage:
    """One programme, as `templates/consent/_answers.html` shows it for triage."""

    name: str
    health_answers: Merged = ()
    answered_by: str = ""
    earlier_doses: str = ""
    triages: Sequence[Triage] = ()


def shown_for_triage(journey: Journey, step: str) -> ShownForTriage:
    """The answers that count once this response does, its own among them, and what was decided.

    Where the child answers, those of parents are shown too, with why they do not count.
    """
    programme = journey.triaged(step)
    recorded = journey.recorded()
    history = journey.earlier_doses.get(programme.key)
    given = [
        health_answers.Answered(_who(journey), recorded.stored_answers(programme.key)),
        *(
            health_answers.of_response(response)
            for seen, response in journey.counted[programme.key]
            if recorded.leaves(seen)
        ),
        *(_of_parents(journey, programme.key) if recorded.is_own else ()),
    ]
    return ShownForTriage(
        name=programme.name,
        health_answers=health_answers.merged(given, is_triage_needed=True),
        answered_by=health_answers.only_one(given),
        earlier_doses=doses.in_words(history) if history else "",
        triages=journey.triages[programme.key],
    )


def _of_parents(journey: Journey, programme: str) -> list[health_answers.Answered]:
    """What parents who consent answered, beside the child who decides."""
    responses = ConsentResponse.objects.filter(
        child=journey.draft.child_id,
        programme=programme,
        academic_year=journey.draft.session.academic_year,
    )
    return [
        health_answers.of_response(one.response, state=change_rules.OVERRULED)
        for one in weigh(list(responses.select_related("assessment")), today=journey.today)
        if one.is_last_word and one.seen.is_given and not one.response.is_self_consent
    ]


def _who(journey: Journey) -> str:
    recorded = journey.recorded()
    if recorded.is_own:
        return health_answers.named(journey.draft.child.full_name, CHILD_LABEL)
    if new := recorded.new_contact:
        relationship = new.other_name or str(ParentRelationship.Kind(new.kind).label)
        return health_answers.named(new.full_name, relationship)
    known = journey.known_contact()
    assert known is not None
    return health_answers.named(known.parent.display_name, known.relationship)
