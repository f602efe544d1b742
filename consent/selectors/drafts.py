"""Responses that are being recorded."""

from uuid import UUID

from accounts.models import User
from cohorts.models import Child
from consent.decisions import DOUBLES
from consent.models import ConsentResponse, ResponseDraft, response_id
from sessions_app.models import Session


def own_draft(owner: User, session: Session, child: Child, draft_id: UUID) -> ResponseDraft | None:
    """The person's draft about the child; none once it was confirmed or thrown away."""
    return (
        ResponseDraft.objects.filter(owner=owner, session=session, child=child, pk=draft_id)
        .select_related("child", "programme", "session__organisation", "session__location")
        .first()
    )


def recorded_from(by: User, child: Child, draft_id: UUID) -> list[ConsentResponse]:
    """What the person recorded when they confirmed the draft, a response for each programme; none
    if they never did. One query.
    """
    ids = [draft_id, *(response_id(draft_id, programme) for programme in DOUBLES)]
    return list(
        ConsentResponse.objects.filter(public_id__in=ids, child=child, recorded_by=by)
        .select_related("programme")
        .order_by("programme__name")
    )
