"""What a person does about a file that was checked and writes to many families."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from cohorts.models import Upload
from cohorts.services.uploads import hand_out

CONFIRM_WITHIN = timedelta(days=7)
NOBODY_CONFIRMED = (
    f"Nobody confirmed it within {CONFIRM_WITHIN.days} days, so nothing of it was imported"
)


@transaction.atomic
def confirm_upload(*, upload_id: int, checked_at: datetime, by: User, now: datetime) -> bool:
    """Import what was checked, and write to the families; false where that is not to be had.

    `checked_at` names what the person was shown. Nothing happens if that is not what waits: the
    file was confirmed, discarded or left for too long, or it was checked anew. What it does is
    worked out once more while it is imported.
    """
    agreed = (
        _waiting(upload_id, checked_at)
        .filter(checked_at__gte=now - CONFIRM_WITHIN)
        .update(
            status=Upload.Status.PROCESSING,
            confirmed_at=now,
            confirmed_by=by,
            asked_again=False,
            phase="Waiting to start",
            rows_done=0,
            heartbeat_at=None,
            attempts=0,
        )
    )
    if agreed:
        transaction.on_commit(lambda: hand_out(upload_id), robust=True)
    return bool(agreed)


def discard_upload(*, upload_id: int, checked_at: datetime, by: User, now: datetime) -> bool:
    """Import nothing of the file, and forget what it holds; false where it does not wait."""
    why = f"{by.full_name} discarded it, so nothing of it was imported"
    return bool(_discard(_waiting(upload_id, checked_at), why, now=now))


def discard_unconfirmed(*, now: datetime) -> int:
    """Discard the files that nobody confirmed in time; returns how many."""
    left = Upload.objects.filter(status=Upload.Status.CHECKED, checked_at__lt=now - CONFIRM_WITHIN)
    return _discard(left, NOBODY_CONFIRMED, now=now)


def _waiting(upload_id: int, checked_at: datetime) -> QuerySet[Upload]:
    return Upload.objects.filter(pk=upload_id, status=Upload.Status.CHECKED, checked_at=checked_at)


def _discard(uploads: QuerySet[Upload], why: str, *, now: datetime) -> int:
    return uploads.update(
        status=Upload.Status.DISCARDED, failure=why[:300], content=None, finished_at=now
    )
