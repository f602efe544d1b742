"""Finding what an address names within the organisation of the request; 404 for the rest."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.access_log import record_view
from accounts.models import AccessLogEntry
from calendars import clock
from cohorts.models import Child
from sessions_app.models import Session


def find_session(request: HttpRequest, slug: str) -> Session:
    """The organisation's session, with its days and place."""
    sessions = Session.objects.for_organisation(request.organisation).with_days()
    return get_object_or_404(sessions.select_related("location__team", "organisation"), slug=slug)


def find_child(request: HttpRequest, session: Session, public_id: UUID) -> Child:
    """The organisation's child who is in the session now."""
    children = Child.objects.for_organisation(request.organisation).filter(
        memberships__session=session, memberships__left_at__isnull=True
    )
    return get_object_or_404(children.select_related("school"), public_id=public_id)


def log_view(request: HttpRequest, child: Child, page: str) -> None:
    """Keep that the person opened a page about the child in a session."""
    record_view(
        user=request.user,
        child_id=child.pk,
        area=AccessLogEntry.Area.CHILD_IN_SESSION,
        page=page,
        now=clock.now(),
    )
