"""What parents do online: begin a form, and have it recorded once. Source: consent §2 and §15."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from consent.models import OnlineDecision, OnlineDraft, OnlineResponse
from notifications import hints
from sessions_app.models import Session

MATCH_TASK = "consent.match_online_response"


class DraftGone(Exception):
    """The draft does not exist, is another browser's, or was thrown away."""


class DraftChanged(Exception):
    """The answers changed since they were shown for confirmation."""


def begin(
    session: Session, programmes: Sequence[str], *, browser: str, now: datetime
) -> OnlineDraft:
    """A new, empty draft for the browser; forms it has open already stay open."""
    return OnlineDraft.objects.create(
        session=session, programmes=list(programmes), browser=browser, created_at=now
    )


@transaction.atomic
def keep(draft: OnlineDraft, answers: Mapping[str, Mapping]) -> None:
    """Keep the answers given so far, unless the draft was recorded meanwhile."""
    stored = OnlineDraft.objects.select_for_update().filter(pk=draft.pk, recorded_at=None).first()
    if stored is None:
        return
    draft.answers = stored.answers = dict(answers)
    draft.revision = stored.revision = stored.revision + 1
    stored.save(update_fields=["answers", "revision", "updated_at"])


@transaction.atomic
def record(
    *,
    draft_id: UUID,
    browser: str,
    revision: int,
    response: OnlineResponse,
    decisions: Sequence[OnlineDecision],
    now: datetime,
) -> OnlineResponse:
    """Keep what a draft came to, once: however often and at once it is confirmed.

    `response` and its `decisions` are unsaved, made from the answers of `revision`. The response
    takes the draft's id; a draft recorded already returns the response that it became. On commit
    the child is looked for. Raises DraftGone or DraftChanged.
    """
    draft = OnlineDraft.objects.select_for_update().filter(pk=draft_id, browser=browser).first()
    if draft is None:
        raise DraftGone
    if draft.recorded_at is not None:
        return OnlineResponse.objects.get(public_id=draft.pk)
    if draft.revision != revision:
        raise DraftChanged
    response.public_id = draft.pk
    response.recorded_at = now
    response.save(force_insert=True)
    for decision in decisions:
        decision.response = response
    OnlineDecision.objects.bulk_create(decisions)
    draft.answers = {}
    draft.recorded_at = now
    draft.save(update_fields=["answers", "recorded_at", "updated_at"])
    response_id = response.pk
    transaction.on_commit(lambda: look_for_child(response_id), robust=True)
    return response


def look_for_child(response_id: int) -> None:
    """Ask a worker to match a recorded response. A broker that is down is logged, no error."""
    hints.give(MATCH_TASK, response_id, queue="urgent")


def forget_drafts(*, before: datetime) -> int:
    """Delete the drafts begun before; they hold personal data. Returns how many."""
    return OnlineDraft.objects.filter(created_at__lt=before).delete()[0]
