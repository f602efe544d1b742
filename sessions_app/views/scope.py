"""Finding what a page is about, within the organisation of whoever asks."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from sessions_app.models import Session


def find_session(request: HttpRequest, slug: str) -> Session:
    """The organisation's session with its dates; 404 for any other."""
    sessions = (
        Session.objects.for_organisation(request.organisation)
        .with_days()
        .select_related("organisation", "location__team", "invitations_on_chosen_by", "closed_by")
        .prefetch_related("programmes")
    )
    return get_object_or_404(sessions, slug=slug)
