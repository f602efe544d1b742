"""Finding what a page is about, within the organisation of whoever asks."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from sessions_app.invitations import messages
from sessions_app.models import Mailing, Session


def find_session(request: HttpRequest, slug: str) -> Session:
    """The organisation's session with its dates; 404 for any other."""
    sessions = (
        Session.objects.for_organisation(request.organisation)
        .with_days()
        .select_related("organisation", "location__team", "invitations_on_chosen_by", "closed_by")
        .prefetch_related("programmes")
    )
    return get_object_or_404(sessions, slug=slug)


def find_mailing(request: HttpRequest, slug: str, mailing_id: UUID) -> Mailing:
    """A mailing of the organisation's session, with it; 404 for any other."""
    session = find_session(request, slug)
    mailings = Mailing.objects.for_organisation(request.organisation).select_related(
        "queued_by", "called_back_by"
    )
    mailing = get_object_or_404(mailings, pk=mailing_id, session=session)
    mailing.session = session
    return mailing


def message_examples(clinic: Session) -> dict:
    """What parents read who are invited to the clinic session: the first time, and again."""
    return {
        "first": messages.examples(clinic, messages.FIRST),
        "again": messages.examples(clinic, messages.LATER),
    }
