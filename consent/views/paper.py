"""The consent form on paper, to be downloaded from the session's page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.permissions import records_consent_required
from calendars import clock
from consent import paper
from consent.selectors.sessions import is_closed, programmes_of
from consent.views.lookup import find_session
from programmes.together import forms_for, named_in_address


@require_safe
@records_consent_required
def form(request: HttpRequest, slug: str, programmes: str) -> HttpResponse:
    """The form of one programme, or of those that are answered together; none once it is closed."""
    session = find_session(request, slug)
    today = clock.today()
    offered = {programme.key: programme for programme in programmes_of(session)}
    keys = named_in_address(programmes)
    if is_closed(session, today=today) or keys not in forms_for(offered):
        raise Http404
    made = paper.form_for(session, [offered[key] for key in keys], today=today)
    response = HttpResponse(paper.as_pdf(made), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="consent-form-{programmes}.pdf"'
    return response
