"""Notify's delivery receipts, and the operators' page about messages in trouble."""

import logging
from urllib.parse import urlencode

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import operator_required
from calendars import clock
from govuk.lists import paginate
from heartbeats import selectors as heartbeats
from notifications import allowance, condition, receipts, resending, selectors, stoppages

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def receive_receipt(request: HttpRequest) -> HttpResponse:
    """Keep a delivery receipt. Notify repeats only 5xx, so all that is readable is kept.

    Source: Notify §6.
    """
    if not receipts.is_from_notify(request.headers.get("Authorization", "")):
        logger.error("A delivery receipt came with a wrong token")
        return HttpResponse(status=401)
    try:
        too_long = int(request.headers.get("Content-Length") or 0) > receipts.MOST_BYTES
        receipt = None if too_long else receipts.read(request.body)
    except (receipts.UnreadableReceipt, ValueError):
        receipt = None
    if receipt is None:
        logger.error("A delivery receipt could not be read")
        return HttpResponse(status=400)
    try:
        receipts.store(receipt, now=clock.now())
    except DatabaseError:
        logger.exception("A delivery receipt could not be stored; Notify will repeat it")
        return HttpResponse(status=503)
    return HttpResponse(status=204)


@operator_required
@require_safe
def trouble(request: HttpRequest) -> HttpResponse:
    """Messages that need a person or were not delivered, what stands still, and the queue."""
    now, organisation = clock.now(), request.organisation
    lists = {
        "attention": selectors.needing_a_person(organisation, now),
        "not-delivered": selectors.not_delivered(organisation, now),
    }
    tab = request.GET.get("tab")
    tab = tab if tab in lists else "attention"
    page = paginate(request, lists[tab])
    return render(
        request,
        "notifications/trouble.html",
        {
            "tab": tab,
            "counts": {name: found.count() for name, found in lists.items()},
            "page": page,
            "refused": resending.refused(selectors.messages_of(organisation)).count(),
            "titles": {message.pk: selectors.title_of(message) for message in page},
            "stoppages": selectors.stoppages(now),
            "accepted": allowance.accepted_today(now),
            "limits": allowance.limits(),
            "queue": selectors.queue(organisation, now),
            "lanes": condition.lanes(now),
            "unsettled": condition.unsettled(organisation, now),
            "overdue": heartbeats.overdue(now),
            "progress": organisation and selectors.sending_progress(organisation, None, now),
        },
    )


@operator_required
@require_http_methods(["GET", "HEAD", "POST"])
def send_again(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask, then send a message once more; back in the list where it stood."""
    message = get_object_or_404(selectors.messages_of(request.organisation), reference=reference)
    tab = "not-delivered" if message.status in selectors.NOT_DELIVERED else "attention"
    listed = f"{reverse('messages:trouble')}?{urlencode({'tab': tab})}"
    if request.method == "POST":
        try:
            is_new = resending.send_again(message.pk, by=request.user, now=clock.now())
        except resending.CannotSendAgain as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request,
                "The message will be sent again" if is_new else "It has been sent again already",
            )
        return redirect(listed)
    return render(
        request,
        "notifications/send_again.html",
        {
            "message": message,
            "listed": listed,
            "title": selectors.title_of(message),
            "may_have_arrived": resending.may_have_arrived(message),
        },
    )


@operator_required
@require_POST
def try_refused_again(request: HttpRequest) -> HttpResponse:
    """Once a mistake is mended, send what Notify refused because of it."""
    number = resending.try_refused_again(
        selectors.messages_of(request.organisation), now=clock.now()
    )
    words = "message goes" if number == 1 else "messages go"
    messages.success(request, f"{number} {words} back to the queue")
    return redirect("messages:trouble")


@operator_required
@require_POST
def end_stoppage(request: HttpRequest, stoppage_id: int) -> HttpResponse:
    """Let sending go on; if the cause is still there, it stops again by itself."""
    if stoppages.end(stoppage_id, now=clock.now()):
        messages.success(request, "Sending goes on within a minute")
    return redirect("messages:trouble")
