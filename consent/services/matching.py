"""Matching what parents answered online with children: by itself, by hand, once in any case.

Whoever matches locks the child, those who share a parent, and then the response, and looks again
whether it still waits: two workers, or a worker and a person, cannot both do it. Source: consent
§3 and §4; lessons I22 to I24.
"""

import logging
from datetime import datetime

from django.db import transaction

from accounts.models import Organisation, User
from calendars.rules import academic_year_of
from cohorts.models import Child
from cohorts.services.children import add_child
from consent.models import OnlineResponse
from consent.selectors.matching import find_children
from consent.services.attaching import attach, family_of
from consent.signals import response_considered
from notifications import hints

MATCH_WAITING_TASK = "consent.match_waiting"

logger = logging.getLogger(__name__)


class AlreadyDealtWith(Exception):
    """The response was matched or archived meanwhile."""


class NumberTaken(Exception):
    """A child with the NHS number that was found for the response is known already."""


@transaction.atomic
def match(response_id: int, *, now: datetime) -> bool:
    """Match a waiting response with the child it means beyond doubt; whether there was one.

    One that is matched or archived already is left alone.
    """
    child_id = _child_meant(_waiting().filter(pk=response_id).first())
    family = family_of(child_id) if child_id else set()
    Child.objects.lock_all(family)
    response = _lock(response_id)
    if response is None:
        return False
    if child_id and _child_meant(response) == child_id:
        attach(response, Child.objects.get(pk=child_id), family=family, now=now)
        return True
    if response.looked_for_at is None:
        response.looked_for_at = now
        response.save(update_fields=["looked_for_at"])
        response_considered.send(
            OnlineResponse, response=response, consents=[], is_first=True, by=None, now=now
        )
    return False


def match_waiting(*, now: datetime, organisation_id: int | None = None) -> int:
    """Look again for the children of all that waits, the oldest first; how many were found.

    Each is matched in a transaction of its own, and a fault in one leaves the others alone.
    """
    waiting = _waiting()
    if organisation_id is not None:
        waiting = waiting.filter(organisation=organisation_id)
    matched = 0
    organisations = Organisation.objects.filter(pk__in=waiting.order_by().values("organisation"))
    for organisation in organisations.order_by("pk"):
        responses = list(waiting.filter(organisation=organisation))
        for response, found in find_children(responses, organisation=organisation):
            if found.child_id is not None or response.looked_for_at is None:
                matched += _try_to_match(response.pk, now)
    return matched


def match_overlooked(*, before: datetime, now: datetime) -> int:
    """Match what nobody has looked at since `before`, as after a broker was away; how many."""
    overlooked = OnlineResponse.objects.overlooked().filter(recorded_at__lt=before)
    ids = list(overlooked.values_list("pk", flat=True))
    return sum(_try_to_match(response_id, now) for response_id in ids)


def look_again(organisation_id: int) -> None:
    """Ask a worker to match again, once this is committed, if anything waits there."""
    if OnlineResponse.objects.waiting().filter(organisation=organisation_id).exists():
        transaction.on_commit(
            lambda: hints.give(MATCH_WAITING_TASK, organisation_id, queue="default"), robust=True
        )


@transaction.atomic
def link(*, response_id: int, child: Child, by: User, now: datetime) -> None:
    """Match a response with the child that a person chose among their organisation's.

    The child's own name and address stay as they are. Raises AlreadyDealtWith.
    """
    family = family_of(child.pk)
    Child.objects.lock_all(family)
    response = _lock_or_refuse(response_id)
    child = Child.objects.for_organisation(response.organisation).get(pk=child.pk)
    attach(response, child, family=family, now=now, by=by)


@transaction.atomic
def create_record(*, response_id: int, by: User, now: datetime) -> Child:
    """Make a child of a response, place them in cohort and session, and match the two.

    Raises AlreadyDealtWith, or NumberTaken where the child is known after all.
    """
    response = _lock_or_refuse(response_id)
    number = response.nhs_number or None
    if number and Child.objects.filter(nhs_number=number).exists():
        raise NumberTaken
    child = add_child(
        child_described(response),
        organisation=response.organisation,
        source="From a consent response",
        now=now,
        by=by,
    )
    attach(response, child, family={child.pk}, now=now, by=by)
    return child


def child_described(response: OnlineResponse) -> Child:
    """The child as the response describes them, not saved."""
    return Child(
        nhs_number=response.nhs_number or None,
        given_name=response.given_name,
        family_name=response.family_name,
        preferred_given_name=response.preferred_given_name,
        preferred_family_name=response.preferred_family_name,
        date_of_birth=response.date_of_birth,
        birth_academic_year=academic_year_of(response.date_of_birth),
        school=response.school,
        home_educated=response.home_educated,
        address_line_1=response.address_line_1,
        address_line_2=response.address_line_2,
        town=response.town,
        postcode=response.postcode,
    )


@transaction.atomic
def archive(*, response_id: int, note: str, by: User, now: datetime) -> None:
    """Put a response away for good, saying why. Raises AlreadyDealtWith."""
    response = _lock_or_refuse(response_id)
    response.archived_at, response.archived_by, response.archive_note = now, by, note
    response.save(update_fields=["archived_at", "archived_by", "archive_note"])


def _waiting():
    return OnlineResponse.objects.waiting().select_related("organisation")


def _child_meant(response: OnlineResponse | None) -> int | None:
    if response is None:
        return None
    [(_, found)] = find_children([response], organisation=response.organisation)
    return found.child_id


def _lock(response_id: int) -> OnlineResponse | None:
    """The response, locked, if it still waits."""
    return (
        OnlineResponse.objects.waiting()
        .select_related("organisation", "session__location__team", "school")
        .prefetch_related("decisions__programme")
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=response_id)
        .first()
    )


def _lock_or_refuse(response_id: int) -> OnlineResponse:
    response = _lock(response_id)
    if response is None:
        raise AlreadyDealtWith
    return response


def _try_to_match(response_id: int, now: datetime) -> bool:
    try:
        return match(response_id, now=now)
    except Exception:
        # It keeps waiting for the next attempt, and for a person, who finds it in the list.
        logger.exception("Online response %s could not be matched", response_id)
        return False
