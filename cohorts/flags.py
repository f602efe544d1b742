"""Flags on a child's record that keep families from being written to."""

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from cohorts.models import Child
from cohorts.signals import children_changed, happened_to_children


@transaction.atomic
def flag_child(
    child_id: int,
    *,
    date_of_death: date | None,
    is_restricted: bool,
    is_invalid: bool,
    by: User | None,
    now: datetime,
) -> None:
    """Set who has died, whose record is sensitive and whose is invalid, and tell the apps above.

    A flag that stays keeps its time. Nothing is announced where nothing changed.
    """
    child = Child.objects.lock(child_id)
    changes = []
    if child.date_of_death != date_of_death:
        child.date_of_death = date_of_death
        changes.append("Date of death recorded" if date_of_death else "Date of death removed")
    if child.is_restricted != is_restricted:
        child.restricted_at = now if is_restricted else None
        changes.append(
            "Flagged as sensitive" if is_restricted else "No longer flagged as sensitive"
        )
    if (child.invalidated_at is not None) != is_invalid:
        child.invalidated_at = now if is_invalid else None
        changes.append(f"{_set(is_invalid)} as invalid")
    if not changes:
        return
    child.save()
    for title in changes:
        happened_to_children.send(
            None,
            organisation=child.organisation,
            kind="record",
            child_ids=[child.pk],
            title=title,
            body="",
            by=by,
            now=now,
        )
    children_changed.send(None, child_ids=[child.pk], by=by, now=now)


def _set(flag: bool) -> str:
    return "Flagged" if flag else "No longer flagged"
