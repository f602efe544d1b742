"""Looking for the children whom online responses mean: a few queries for thousands of them."""

from collections.abc import Collection, Iterator, Sequence

from django.db.models import QuerySet

from accounts.models import Organisation
from cohorts import formats, search
from cohorts.matching import BLOCK, find_candidates
from cohorts.models import Child
from cohorts.rules import Identity
from consent.matching_rules import Candidate, Found, agrees_in_all, find_child
from consent.models import OnlineResponse
from sessions_app.models import Membership


def find_children(
    responses: Sequence[OnlineResponse],
    *,
    organisation: Organisation,
    without: Collection[int] = (),
) -> Iterator[tuple[OnlineResponse, Found]]:
    """For each response of the organisation, in order, whom of its children it means.

    A record that is invalid is nobody's; one of a child who died is for a person to look at. The
    children `without` whom to look are none of theirs. Five queries for each few thousand.
    """
    for start in range(0, len(responses), BLOCK):
        block = responses[start : start + BLOCK]
        by_place = find_candidates(block, organisation=organisation)
        child_ids = {child.child_id for found in by_place.values() for child in found}
        ours = set(_ours(organisation).filter(pk__in=child_ids).values_list("pk", flat=True))
        ours -= set(without)
        present = set(
            Membership.objects.filter(
                session__in={response.session_id for response in block},
                child__in=child_ids,
                left_at__isnull=True,
            ).values_list("session_id", "child_id")
        )
        holders = _holders(block, organisation)
        child_ids |= {holder.child_id for holder in holders.values()}
        deceased = set(
            Child.objects.filter(pk__in=child_ids, date_of_death__isnull=False).values_list(
                "pk", flat=True
            )
        )
        for place, response in enumerate(block):
            candidates = [
                Candidate(child, in_session=(response.session_id, child.child_id) in present)
                for child in by_place.get(place, ())
                if child.child_id in ours
            ]
            holder = holders.get(response.nhs_number)
            if holder is not None and holder.child_id in without:
                holder = None
            found = find_child(response, candidates, holder=holder)
            if found.child_id in deceased:
                found = Found(suggestions=(found.child_id,))
            yield response, found


def suggested_children(response: OnlineResponse) -> list[Child]:
    """The children whom a person might look at first, the likeliest first, with their schools;
    none with whom a person undid a match.
    """
    undone = set(response.undone_matches.values_list("child_id", flat=True))
    [(_, found)] = find_children([response], organisation=response.organisation, without=undone)
    ids = [found.child_id] if found.child_id else list(found.suggestions)
    children = Child.objects.select_related("school").in_bulk(ids)
    return [children[child_id] for child_id in ids if child_id in children]


def children_elsewhere(responses: Sequence[OnlineResponse]) -> dict[int, Child]:
    """By response, the only child of all organisations who agrees in all four facts, where another
    organisation than the response's has them in its care; at most one query.
    """
    seeking = [response for response in responses if formats.is_evidence(response.postcode)]
    if not seeking:
        return {}
    children = list(
        Child.objects.filter(
            date_of_birth__in={response.date_of_birth for response in seeking},
            family_name_key__in={search.fold(response.family_name) for response in seeking},
            given_name_key__in={search.fold(response.given_name) for response in seeking},
            postcode__in={response.postcode for response in seeking},
        )
    )
    found = {}
    for response in seeking:
        equal = [child for child in children if agrees_in_all(response, _identity(child))]
        if len(equal) == 1 and _is_in_care_elsewhere(equal[0], response):
            found[response.pk] = equal[0]
    return found


def _is_in_care_elsewhere(child: Child, response: OnlineResponse) -> bool:
    is_elsewhere = child.organisation_id not in (None, response.organisation_id)
    return is_elsewhere and child.date_of_death is None and child.invalidated_at is None


def _identity(child: Child) -> Identity:
    return Identity(
        child.pk,
        child.nhs_number,
        child.given_name,
        child.family_name,
        child.date_of_birth,
        child.postcode,
    )


def _ours(organisation: Organisation) -> QuerySet[Child]:
    """The organisation's children that a response may mean."""
    return Child.objects.for_organisation(organisation).filter(invalidated_at__isnull=True)


def _holders(
    responses: Sequence[OnlineResponse], organisation: Organisation
) -> dict[str, Identity]:
    """The organisation's children with the NHS numbers that were found for responses."""
    numbers = {response.nhs_number for response in responses} - {""}
    if not numbers:
        return {}
    return {
        child.nhs_number: _identity(child)
        for child in _ours(organisation).filter(nhs_number__in=numbers)
        if child.nhs_number
    }
