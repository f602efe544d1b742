"""Matching what parents answered online with children: by itself, by hand, once in any case.

Whoever matches locks the child, those who share a parent, and then the response, and looks again
whether it still waits: two workers, or a worker and a person, cannot both do it. Source: consent
§3 and §4; lessons I22 to I24.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import Organisation, User
from calendars.rules import academic_year_of
from cohorts.models import Child
from cohorts.services.children import add_child
from consent.models import OnlineResponse
from consent.online_models import OnlineResponseQuerySet
from consent.selectors.matching import find_children
from consent.services.attaching import attach, families_of, finish
from consent.services.moving_in import ask_whether_they_move, may_move_here
from consent.services.responders import take_addresses
from consent.signals import response_considered
from notifications import hints

MATCH_WAITING_TASK = "consent.match_waiting"
# Where a record comes from that is made of a response, as the activity log has it.
RECORD_SOURCE = "From a consent response"
# How many are matched in one transaction: what follows for all of them is worked out once.
TOGETHER = 50

logger = logging.getLogger(__name__)


class AlreadyDealtWith(Exception):
    """The response was matched or archived meanwhile."""


class ChildLeft(Exception):
    """The child is none of the organisation's any more."""


class NumberTaken(Exception):
    """A child with the NHS number that was found for the response is known already."""


def match(response_id: int, *, now: datetime) -> bool:
    """Match a waiting response with the child it means beyond doubt; whether there was one.

    One that is matched or archived already is left alone.
    """
    return match_all([response_id], now=now) == 1


@transaction.atomic
def match_all(response_ids: Collection[int], *, now: datetime) -> int:
    """Match those of an organisation that still wait, the oldest first, all or none of them; how
    many found their child.
    """
    waiting = list(_with_details().left_to_mavis().filter(pk__in=response_ids))
    take_addresses(waiting)
    meant = _children_meant(waiting)
    family = families_of({child_id for child_id in meant.values() if child_id})
    asked_about = {child.pk for child in may_move_here(waiting, meant).values()}
    Child.objects.lock_all(family | asked_about)
    responses = list(_locked(response_ids).left_to_mavis())
    confirmed = _children_meant(responses)
    moving = may_move_here(responses, confirmed)
    children = Child.objects.in_bulk(family)
    attached = []
    for response in responses:
        child_id = confirmed[response.pk]
        if child_id and child_id == meant.get(response.pk):
            attached.append(attach(response, children[child_id], now=now))
        elif response.looked_for_at is None:
            elsewhere = moving.get(response.pk)
            if elsewhere is not None and elsewhere.pk in asked_about:
                ask_whether_they_move(response, elsewhere, now=now)
            _keep_waiting(response, now=now)
    finish(attached, family, now=now)
    return len(attached)


def _keep_waiting(response: OnlineResponse, *, now: datetime) -> None:
    response.looked_for_at = now
    response.save(update_fields=["looked_for_at"])
    response_considered.send(
        OnlineResponse, response=response, consents=[], is_first=True, by=None, now=now
    )


def match_waiting(*, now: datetime, organisation_id: int | None = None) -> int:
    """Look again for the children of all that waits, the oldest first; how many were found.

    A fault in one leaves the others alone.
    """
    waiting = _with_details().left_to_mavis()
    if organisation_id is not None:
        waiting = waiting.filter(organisation=organisation_id)
    matched = 0
    organisations = Organisation.objects.filter(pk__in=waiting.order_by().values("organisation"))
    for organisation in organisations.order_by("pk"):
        responses = list(waiting.filter(organisation=organisation))
        worth_it = [
            response.pk
            for response, found in find_children(responses, organisation=organisation)
            if found.child_id is not None or response.looked_for_at is None
        ]
        for start in range(0, len(worth_it), TOGETHER):
            matched += _try_to_match(worth_it[start : start + TOGETHER], now)
    return matched


def match_overlooked(*, before: datetime, now: datetime) -> int:
    """Match what nobody has looked at since `before`, as after a broker was away; how many."""
    overlooked = OnlineResponse.objects.overlooked().filter(recorded_at__lt=before)
    ids = list(overlooked.values_list("pk", flat=True))
    return sum(_try_to_match([response_id], now) for response_id in ids)


def look_again(organisation_id: int) -> None:
    """Ask a worker to match again, once this is committed, if anything waits there."""
    waiting = OnlineResponse.objects.waiting().left_to_mavis()
    if waiting.filter(organisation=organisation_id).exists():
        transaction.on_commit(
            lambda: hints.give(MATCH_WAITING_TASK, organisation_id, queue="default"), robust=True
        )


@transaction.atomic
def link(*, response_id: int, child: Child, by: User, now: datetime) -> None:
    """Match a response with the child that a person chose among their organisation's.

    The child's own name and address stay as they are. Raises AlreadyDealtWith or ChildLeft.
    """
    take_addresses(OnlineResponse.objects.filter(pk=response_id))
    family = families_of({child.pk})
    Child.objects.lock_all(family)
    response = _lock_or_refuse(response_id)
    ours = Child.objects.for_organisation(response.organisation).filter(pk=child.pk).first()
    if ours is None:
        raise ChildLeft
    finish([attach(response, ours, now=now, by=by)], family, now=now, by=by)


@transaction.atomic
def create_record(*, response_id: int, by: User, now: datetime) -> Child:
    """Make a child of a response, place them in cohort and session, and match the two.

    Raises AlreadyDealtWith, or NumberTaken where the child is known after all.
    """
    take_addresses(OnlineResponse.objects.filter(pk=response_id))
    response = _lock_or_refuse(response_id)
    number = response.nhs_number or None
    if number and Child.objects.filter(nhs_number=number).exists():
        raise NumberTaken
    child = add_child(
        child_described(response),
        organisation=response.organisation,
        source=RECORD_SOURCE,
        now=now,
        by=by,
    )
    attached = attach(response, child, now=now, by=by)
    response.made_record = True
    response.save(update_fields=["made_record"])
    finish([attached], {child.pk}, now=now, by=by)
    return child


def match_others(child: Child, *, now: datetime) -> int:
    """Match at once what else means a child whose record was just made of a response, for whoever
    made it to learn of; how many responses besides that one are the child's now.

    A worker looks again whenever a child comes, and may have been quicker.
    """
    agrees = Q(date_of_birth=child.date_of_birth)
    if child.postcode:
        agrees |= Q(postcode=child.postcode)
    if child.nhs_number:
        agrees |= Q(nhs_number=child.nhs_number)
    waiting = _with_details().left_to_mavis().filter(agrees, organisation=child.organisation_id)
    theirs = [one for one, child_id in _children_meant(waiting).items() if child_id == child.pk]
    if theirs:
        _try_to_match(theirs, now)
    return OnlineResponse.objects.filter(child=child, made_record=False).count()


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


def _with_details() -> OnlineResponseQuerySet:
    """What waits, with all that matching reads of it."""
    return (
        OnlineResponse.objects.waiting()
        .select_related("organisation", "session__location__team", "school__team")
        .prefetch_related("decisions__programme")
    )


def _children_meant(responses: Iterable[OnlineResponse]) -> dict[int, int | None]:
    """Whom each response means beyond doubt; all are of one organisation."""
    waiting = list(responses)
    if not waiting:
        return {}
    found = find_children(waiting, organisation=waiting[0].organisation)
    return {response.pk: choice.child_id for response, choice in found}


def _locked(response_ids: Collection[int]) -> OnlineResponseQuerySet:
    """Those that still wait, locked."""
    responses = _with_details().filter(pk__in=response_ids)
    return responses.select_for_update(of=("self",), no_key=True)


def _lock_or_refuse(response_id: int) -> OnlineResponse:
    response = _locked([response_id]).first()
    if response is None:
        raise AlreadyDealtWith
    return response


def _try_to_match(response_ids: Sequence[int], now: datetime) -> int:
    try:
        return match_all(response_ids, now=now)
    except Exception:
        if len(response_ids) > 1:
            return sum(_try_to_match([response_id], now) for response_id in response_ids)
        # It keeps waiting for the next attempt, and for a person, who finds it in the list.
        logger.exception("Online response %s could not be matched", response_ids[0])
        return 0
