"""What hangs on a match, and so follows from undoing it. Read by the page and by what it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Min, Q

from cohorts.models import Child, ParentRelationship, SchoolMove
from cohorts.services.school_moves import schooling_of
from consent import questions, unknown_contact
from consent.models import ConsentResponse, OnlineResponse, Triage, UndoneMatch
from consent.selectors.match_additions import logged_of, tie_of
from consent.selectors.triage import newest_of, resting_on
from consent.services.online_replies import letters_of
from notifications.models import Message
from notifications.selectors import title_of
from sessions_app.choices import VaccinationStatus
from sessions_app.models import ProgrammeStatus
from sessions_app.rules import join_words

Status = Message.Status
# What Notify took from us: it went, or may well have gone.
SENT = (Status.ACCEPTED, Status.SENDING, Status.DELIVERED, Status.CLAIMED, Status.UNKNOWN)


@dataclass(frozen=True)
class SentMessage:
    """What a message that was sent is called, and when it was written."""

    title: str
    at: datetime


@dataclass(frozen=True)
class Hanging:
    """What a match brought about at the child whom the response is not about.

    `lost`: decisions of triage that end with it; `again`: those before the match that then count
    again; `standing`: those made since that are in force until a nurse decides again; `ended`: that
    it is safe, which ended with the match, for the answers' sake, and does not come back.

    `leaving`: the parent it added, where nothing else ties them to the child; `staying`: the parent
    who stays on the record, and `other` the oldest other response of theirs that is matched with
    the child and counts. `came_by_match`: a match brought the parent who stays, as the activity log
    says, but it is not known for sure that nothing else ties them to the child.

    `made_record`: the child's record was made from the response.

    `replies`, `letters` and `warnings` are messages that were sent: to who answered; to the parent
    it added, about this child; to the parents on record, that somebody else answered. `move` waits
    for review; `moved` was confirmed.
    """

    response: OnlineResponse
    consents: Sequence[ConsentResponse]
    lost: Sequence[Triage]
    again: Sequence[Triage]
    standing: Sequence[Triage]
    ended: Sequence[Triage]
    vaccinated: Sequence[str]
    leaving: ParentRelationship | None
    staying: str
    other: OnlineResponse | None
    came_by_match: bool
    made_record: bool
    replies: Sequence[SentMessage]
    letters: Sequence[SentMessage]
    warnings: Sequence[SentMessage]
    move: SchoolMove | None
    moved: SchoolMove | None

    @property
    def needs_a_look(self) -> bool:
        """Whether something is left that undoing does not put right."""
        return bool(
            self.vaccinated
            or self.standing
            or self.ended
            or self.letters
            or self.warnings
            or self.moved
            or self.came_by_match
            or self.made_record
        )

    @property
    def vaccinated_against(self) -> str:
        return join_words(self.vaccinated)

    @property
    def programmes(self) -> str:
        """HPV; or MenACWY and Td/IPV."""
        return join_words([consent.programme.name for consent in self.consents])


def hanging_on(response: OnlineResponse, child: Child, *, today: date) -> Hanging:
    """What hangs on the match of a response with the child. The number of queries depends on how
    many programmes it answers for, and on nothing else.
    """
    consents = list(
        ConsentResponse.objects.filter(online_decision__response=response)
        .select_related("programme", "child", "parent")
        .order_by("programme__name")
    )
    tie = tie_of(response, child, consents)
    leaving = tie.relationship if tie and tie.is_leaving else None
    matched_at = response.matched_at
    lost = [
        triage
        for consent in consents
        for triage in resting_on(consent, today=today, since=matched_at)
    ]
    again, standing = _left_in_force(response, child, consents, lost)
    logged = logged_of(response, child)
    move, moved = _moves(response, child)
    return Hanging(
        response=response,
        consents=consents,
        lost=lost,
        again=again,
        standing=standing,
        ended=_ended(response, child, consents),
        vaccinated=_vaccinated(response, child, consents),
        leaving=leaving,
        staying=_named(tie.relationship) if tie and not leaving else "",
        other=tie.other if tie else None,
        came_by_match=bool(tie and not tie.is_added and not tie.other and logged.parent),
        made_record=response.made_record or logged.record,
        replies=_sent(child, letter__in=letters_of(response)),
        letters=_letters(child, leaving) if leaving else [],
        warnings=_sent(child, letter=unknown_contact.letter_of(response)),
        move=move,
        moved=moved,
    )


def undone_matches(response: OnlineResponse) -> Sequence[UndoneMatch]:
    """The matches of a response that were undone, the oldest first, with who and whom."""
    return list(response.undone_matches.select_related("child", "matched_by", "undone_by"))


def _named(relationship: ParentRelationship) -> str:
    return f"{relationship.parent.display_name} ({relationship.label})"


def _left_in_force(
    response: OnlineResponse,
    child: Child,
    consents: Sequence[ConsentResponse],
    lost: Sequence[Triage],
) -> tuple[Sequence[Triage], Sequence[Triage]]:
    """What nurses decided before the match that counts again without what is lost, and since the
    match that still counts; one of each programme at most.
    """
    assert response.matched_at is not None
    year = response.session.academic_year
    left = Triage.objects.filter(
        child=child, academic_year=year, invalidated_at__isnull=True
    ).exclude(pk__in=[triage.pk for triage in lost])
    triages = list(left.select_related("programme"))
    newest = [newest_of(triages, consent.programme_id, year) for consent in consents]
    replaced = {triage.programme_id for triage in lost}
    again, standing = [], []
    for triage in filter(None, newest):
        if triage.performed_at >= response.matched_at:
            standing.append(triage)
        elif triage.programme_id in replaced:
            again.append(triage)
    return again, standing


def _ended(
    response: OnlineResponse, child: Child, consents: Sequence[ConsentResponse]
) -> Sequence[Triage]:
    """That it is safe, as decided last of each programme before the match, if that ended it: the
    answers called for triage, and whoever decided could not know them (decision 0043).
    """
    safe = Triage.objects.filter(
        child=child,
        academic_year=response.session.academic_year,
        outcome=Triage.Outcome.SAFE,
        invalidated_at=response.matched_at,
    ).select_related("programme")
    newest = {triage.programme_id: triage for triage in safe.order_by("performed_at", "pk")}
    return [
        newest[consent.programme_id]
        for consent in consents
        if consent.programme_id in newest and questions.call_for_triage(consent.health_answers)
    ]


def _vaccinated(
    response: OnlineResponse, child: Child, consents: Sequence[ConsentResponse]
) -> Sequence[str]:
    return list(
        ProgrammeStatus.objects.filter(
            child=child,
            programme__in=[consent.programme_id for consent in consents],
            academic_year=response.session.academic_year,
            vaccination=VaccinationStatus.VACCINATED,
        )
        .order_by("programme__name")
        .values_list("programme__name", flat=True)
    )


def _sent(child: Child, **which) -> Sequence[SentMessage]:
    """Which messages about the child went, or may have gone, the oldest first."""
    messages = Message.objects.filter(child=child, status__in=SENT, **which)
    return [
        SentMessage(title_of(message), message.created_at)
        for message in messages.order_by("created_at", "pk")
    ]


def _letters(child: Child, leaving: ParentRelationship) -> Sequence[SentMessage]:
    """What went to a parent whom a match added: since their first answer about the child, as the
    match that added them may be undone already.
    """
    answers = ConsentResponse.objects.filter(child=child, parent=leaving.parent_id)
    first = answers.aggregate(at=Min("responded_at"))["at"]
    return _sent(child, parent=leaving.parent_id, created_at__gte=first)


def _moves(response: OnlineResponse, child: Child) -> tuple[SchoolMove | None, SchoolMove | None]:
    """The move that the match raised: still open, or confirmed. One that another response about
    the child names as well is not this one's alone.
    """
    target = schooling_of(response)
    place = Q(school=target.school_id, home_educated=target.home_educated)
    raised = child.school_moves.filter(
        place, source=SchoolMove.Source.CONSENT, created_at__gte=response.matched_at
    ).select_related("school")
    if OnlineResponse.objects.filter(place, child=child).exclude(pk=response.pk).exists():
        return None, None
    found = {move.decision: move for move in raised}
    return found.get(""), found.get(SchoolMove.Decision.CONFIRMED)
