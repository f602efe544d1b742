"""Mailings: what one person's action queued for many families, and what they were told."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.models import Organisation, User
from cohorts.models import Child


class DatesChangeQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "DatesChangeQuerySet":
        return self.filter(session__organisation=organisation)


class DatesChange(models.Model):
    """That a person changed the dates of a clinic after families had been invited to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.CASCADE, related_name="dates_changes"
    )
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    in_words = models.TextField(help_text="A line for each date that came, went or moved")

    objects = DatesChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at"]

    def __str__(self) -> str:
        return f"Changed dates of session {self.session_id}"


class MailingQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "MailingQuerySet":
        return self.filter(session__organisation=organisation)


class Mailing(models.Model):
    """All messages about a session that one action of a person queued.

    One to more families than go at once is held for two minutes, until `goes_at`, in which it can
    be called back with nothing sent. What was called back stays so until a person releases it.
    """

    class Kind(models.TextChoices):
        INVITATIONS = "invitations", "Invitations"
        DATES_CHANGED = "dates_changed", "Messages about changed dates"
        REMINDERS = "reminders", "Reminders to give consent"
        ASKING = "asking", "Messages about consent"
        VISIT = "visit", "Reminders of the visit"
        CORRECTION = "correction", "Messages about the cancelled visit"

    # What the saving of a school's dates brings about.
    OF_SCHOOLS = (Kind.ASKING, Kind.VISIT, Kind.CORRECTION)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.CASCADE, related_name="mailings"
    )
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.INVITATIONS)
    change = models.ForeignKey(
        DatesChange, on_delete=models.PROTECT, related_name="mailings", null=True
    )
    queued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    queued_at = models.DateTimeField()
    letters = models.PositiveIntegerField(default=0, help_text="To the parents of so many children")
    messages = models.PositiveIntegerField(default=0, help_text="Emails and texts")
    goes_at = models.DateTimeField(null=True, help_text="Held until then; empty: went at once")
    called_back_at = models.DateTimeField(null=True)
    called_back_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    released_at = models.DateTimeField(
        null=True, help_text="When what was called back was let go, or settled by other dates"
    )
    released_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="Who let it go after all; nobody where other dates settled it",
    )

    objects = MailingQuerySet.as_manager()

    class Meta:
        ordering = ["-queued_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "kind", "queued_by", "queued_at"], name="one_mailing_per_action"
            ),
            models.UniqueConstraint(
                fields=["change"],
                condition=Q(change__isnull=False, called_back_at__isnull=True),
                name="changed_dates_are_told_once",
            ),
            models.CheckConstraint(
                condition=~(Q(kind="dates_changed") ^ Q(change__isnull=False)),
                name="mailing_about_dates_names_the_change",
            ),
            models.CheckConstraint(
                condition=~(Q(called_back_at__isnull=True) ^ Q(called_back_by__isnull=True)),
                name="calling_back_has_a_person_and_a_time",
            ),
            models.CheckConstraint(
                condition=Q(called_back_at__isnull=True) | Q(goes_at__isnull=False),
                name="only_a_held_mailing_is_called_back",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(called_back_at__isnull=False),
                name="only_a_called_back_mailing_is_released",
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | Q(released_at__isnull=False),
                name="who_releases_a_mailing_does_so_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of session {self.session_id}"

    @property
    def was_replaced(self) -> bool:
        """Whether other dates took its place before it went: nobody called it back by hand."""
        return self.called_back_at is not None and self.called_back_at == self.released_at

    def is_held(self, now: datetime) -> bool:
        """Whether it can be called back: it waits, and its two minutes are not over."""
        return self.called_back_at is None and self.goes_at is not None and now < self.goes_at


class DatesNotice(models.Model):
    """That the parents of a child are told of changed dates: at most once in a mailing."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="notices")
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="+")
    letter = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailing", "child"], name="child_is_told_once"),
            models.UniqueConstraint(fields=["letter"], name="notice_has_a_letter_of_its_own"),
        ]

    def __str__(self) -> str:
        return f"Notice {self.letter}"
