"""School moves: proposed by files and forms, confirmed or ignored by people.

At most one is open per child, and the newest information wins. Source: cohorts and imports §11,
§18-9 and §18-13.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import Organisation, User
from cohorts.consequences import Writing, foretold
from cohorts.models import Child, ImportIssue, Location, Parent, ParentRelationship, SchoolMove
from cohorts.rules import Schooling
from cohorts.signals import children_placed, happened_to_children, parent_copied

BLOCK = 2000


class AlreadyDecided(Exception):
    """Somebody else decided first."""


# The coming days of a school's session, for a child who is in the community clinic and could move
# there; None where there is nothing to ask.
ClinicQuestion = Callable[[Child, Location, date], list[date] | None]
_clinic_questions: list[ClinicQuestion] = []


def register_clinic_question(question: ClinicQuestion) -> None:
    """Let the app that knows sessions say when a confirmed move leaves a choice of session."""
    _clinic_questions.append(question)


def days_to_choose(move: SchoolMove, *, today: date) -> list[date] | None:
    """The days of the new school's session, if the child could also stay in the clinic."""
    if move.school is None:
        return None
    answers = (question(move.child, move.school, today) for question in _clinic_questions)
    return next((days for days in answers if days is not None), None)


# A sentence on whether the child's parents are invited to a clinic if the child goes to this
# school, or to none; empty where they are not.
Foresee = Callable[..., str]
_foreseers: list[Foresee] = []


def register_invitation(foresee: Foresee) -> None:
    """Let the app that knows sessions say whether a confirmed move would invite the parents.

    It is called as `foresee(child=…, school=…, organisation=…, now=…)`.
    """
    _foreseers.append(foresee)


def invitation_if_confirmed(move: SchoolMove, *, now: datetime) -> str:
    """Whether and when confirming it invites the child's parents to a clinic, in a sentence."""
    organisation = _cohort_after(move)
    if organisation is None:
        return ""
    said = (
        foresee(child=move.child, school=move.school, organisation=organisation, now=now)
        for foresee in _foreseers
    )
    return next(filter(None, said), "")


def writings_after(move: SchoolMove, *, by: User, now: datetime) -> list[Writing]:
    """Whom the confirmation of the move by this person at this instant writes to."""
    organisation = _cohort_after(move)
    if organisation is None:
        return []
    return foretold(organisation=organisation, by=by, now=now, child_ids=[move.child_id])


@dataclass(frozen=True)
class Proposal:
    """A child, and the school that some source names."""

    child: Child
    target: Schooling


def schooling_of(row: Child | SchoolMove) -> Schooling:
    """Where a child goes to school, or where a move would send them."""
    return Schooling(row.school_id, row.home_educated)


def ignored_targets(child_ids: Collection[int]) -> dict[int, Schooling]:
    """By child, the target that was ignored last, unless something was decided since."""
    newest = (
        SchoolMove.objects.filter(child__in=child_ids)
        .exclude(decision__in=["", SchoolMove.Decision.REPLACED])
        .order_by("child_id", "-decided_at", "-pk")
        .distinct("child_id")
    )
    return {
        move.child_id: schooling_of(move)
        for move in newest
        if move.decision == SchoolMove.Decision.IGNORED
    }


@transaction.atomic
def propose(
    proposals: Iterable[Proposal], *, source: SchoolMove.Source, now: datetime
) -> list[SchoolMove]:
    """Raise a move for each proposal, and return the new ones.

    A child's open move to the same place stays; one to another place is replaced. The move waits
    with the organisation that the child belongs to, whoever proposed it.
    """
    wanted = {proposal.child.pk: proposal for proposal in proposals}
    open_moves = SchoolMove.objects.select_for_update().filter(child__in=wanted, decision="")
    replaced = []
    for move in open_moves:
        if schooling_of(move) == wanted[move.child_id].target:
            del wanted[move.child_id]
        else:
            replaced.append(move.pk)
    _replace(replaced, now)
    moves = [
        SchoolMove(
            child=proposal.child,
            organisation_id=proposal.child.organisation_id,
            source=source,
            school_id=proposal.target.school_id,
            home_educated=proposal.target.home_educated,
            created_at=now,
        )
        for proposal in wanted.values()
    ]
    return SchoolMove.objects.bulk_create(moves, batch_size=BLOCK)


def withdraw_for(child_ids: Collection[int], *, now: datetime) -> None:
    """Drop moves that earlier files proposed, since a newer file agrees with the record.

    What a parent said in a consent response keeps waiting for a person.
    """
    from_files = SchoolMove.objects.filter(child__in=child_ids, decision="").exclude(
        source=SchoolMove.Source.CONSENT
    )
    _replace(list(from_files.values_list("pk", flat=True)), now)


@transaction.atomic
def take_back(move_id: int, *, now: datetime) -> None:
    """Drop an open move whose source turned out not to speak of this child."""
    _replace([move_id], now)


def _replace(move_ids: list[int], now: datetime) -> None:
    SchoolMove.objects.filter(pk__in=move_ids, decision="").update(
        decision=SchoolMove.Decision.REPLACED, decided_at=now
    )


@transaction.atomic
def confirm(*, move_id: int, by: User, now: datetime, keep_in_clinic: bool = False) -> SchoolMove:
    """Send the child to the proposed school, into the cohort of whoever looks after it.

    `keep_in_clinic` answers, for a child in the community clinic, whether they stay there. Raises
    `AlreadyDecided`.
    """
    child_id = SchoolMove.objects.values_list("child_id", flat=True).get(pk=move_id)
    child = Child.objects.lock(child_id)
    move = _open_move(move_id)
    school = move.school
    organisation = _organisation_of(school) if school else child.organisation
    child.school, child.home_educated = school, move.home_educated
    if organisation != child.organisation:
        _leave_organisation(child, organisation, now)
        child.organisation = organisation
    child.save(update_fields=["school", "home_educated", "organisation", "updated_at"])
    _decide(move, SchoolMove.Decision.CONFIRMED, by, now)
    happened_to_children.send(
        SchoolMove,
        organisation=move.organisation,
        kind="record",
        child_ids=[child.pk],
        title=f"School changed to {move.school_label}",
        body="",
        by=by,
        now=now,
    )
    children_placed.send(
        SchoolMove,
        organisation=organisation or move.organisation,
        child_ids=[child.pk],
        by=by,
        now=now,
        keep_in_clinic=keep_in_clinic,
    )
    return move


@transaction.atomic
def ignore(*, move_id: int, by: User, now: datetime) -> SchoolMove:
    """Leave the child where they are. The same information raises no move again."""
    move = _open_move(move_id)
    _decide(move, SchoolMove.Decision.IGNORED, by, now)
    return move


def _open_move(move_id: int) -> SchoolMove:
    move = (
        SchoolMove.objects.select_for_update(of=["self"])
        .select_related("school__team")
        .get(pk=move_id)
    )
    if move.decision:
        raise AlreadyDecided
    return move


def _decide(move: SchoolMove, decision: SchoolMove.Decision, by: User, now: datetime) -> None:
    move.decision, move.decided_by, move.decided_at = decision, by, now
    move.save(update_fields=["decision", "decided_by", "decided_at"])


def _cohort_after(move: SchoolMove) -> Organisation | None:
    """In whose cohort the child is once the move is confirmed."""
    return _organisation_of(move.school) if move.school else move.child.organisation


def _organisation_of(school: Location) -> Organisation | None:
    return school.team.organisation if school.team else None


def _leave_organisation(child: Child, target: Organisation | None, now: datetime) -> None:
    """Close what the old organisation's files left open, and take the child's parents along.

    A parent who has children left behind stays with them, and goes along as a copy.
    """
    ImportIssue.objects.filter(child=child, decision="").update(
        decision=ImportIssue.Decision.WITHDRAWN, decided_at=now
    )
    if target is None:
        return
    for relationship in child.relationships.select_related("parent"):
        parent, parent_id = relationship.parent, relationship.parent_id
        if ParentRelationship.objects.filter(parent=parent).exclude(child=child).exists():
            parent.pk = None
            parent._state.adding = True
        parent.organisation = target
        parent.save()
        relationship.parent = parent
        relationship.save(update_fields=["parent"])
        if parent.pk != parent_id:
            parent_copied.send(Parent, child_id=child.pk, parent_id=parent_id, copy_id=parent.pk)
