"""Withdrawing consent for a parent, and telling them that it was. Source: consent §7."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from consent.models import ConsentResponse
from consent.services.changes import withdraw_response
from consent.services.replies import confirm_withdrawal
from sessions_app.models import Session


@transaction.atomic
def withdraw_for_parent(
    *,
    response: ConsentResponse,
    session: Session,
    reason: str,
    notes: str,
    confirms: bool,
    now: datetime,
    by: User,
) -> int:
    """Withdraw a consent and, unless staff decide otherwise, confirm it; how many messages.

    `session` was fetched `with_days`. A child's own consent is told to nobody. Raises what
    `withdraw_response` raises.
    """
    change = withdraw_response(response=response, reason=reason, notes=notes, now=now, by=by)
    if not confirms:
        return 0
    return confirm_withdrawal(change.response, session, now=now, by=by)
