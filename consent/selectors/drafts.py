"""Responses that are being recorded."""

from uuid import UUID

from accounts.models import User
from cohorts.models import Child
from consent.models import ConsentResponse, ResponseDraft
from sessions_app.models import Session


def own_draft(owner: User, session: Session, child: Child, draft_id: UUID) -> ResponseDraft | None:
    """The person's draft about the child; none once it was confirmed or thrown away."""
    return (
        ResponseDraft.objects.filter(owner=owner, session=session, child=child, pk=draft_id)
        .select_related("child", "programme", "session__organisation", "session__location")
        .first()
    )


def was_recorded(by: User, child: Child, draft_id: UUID) -> bool:
    """Whether the person confirmed the draft: the response has its id."""
    return ConsentResponse.objects.filter(public_id=draft_id, child=child, recorded_by=by).exists()
