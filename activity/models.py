"""The log of what happened to whom."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation, User
from cohorts.models import Child


class EntryQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "EntryQuerySet":
        return self.filter(organisation=organisation)


class Entry(models.Model):
    """One thing that happened to a child. Rows are only ever added; the database refuses more.

    The words are kept as they were, so that an entry still reads after what it names is gone. That
    what it tells of counts no more is said by a later entry with the same subject.
    Source: sessions and clinics §10.
    """

    class Kind(models.TextChoices):
        ADDED_TO_SESSION = "added_to_session", "Added to session"
        REMOVED_FROM_SESSION = "removed_from_session", "Removed from session"
        SESSION_CLOSED = "session_closed", "Session closed"
        SESSION_DATES_CHANGED = "session_dates_changed", "Session dates changed"
        MESSAGE_SENT = "message_sent", "Message sent"
        MESSAGE_FAILED = "message_failed", "Message failed"
        MESSAGE_WITHHELD = "message_withheld", "Message withheld"
        CONSENT = "consent", "Consent"
        TRIAGE = "triage", "Triage"
        GILLICK = "gillick", "Gillick assessment"
        VACCINATION = "vaccination", "Vaccination"
        RECORD = "record", "Child record"

    child = models.ForeignKey(
        Child, on_delete=models.PROTECT, related_name="activity", db_index=False
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    session_id = models.BigIntegerField(null=True, help_text="The session it happened in, if any")
    kind = models.CharField(max_length=30, choices=Kind)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    is_contact_detail = models.BooleanField(
        default=False,
        help_text="The body is an address or number: hidden for sensitive records",
    )
    subject = models.UUIDField(
        null=True, help_text="What it tells of, if a later entry may say that this counts no more"
    )
    voids = models.CharField(
        max_length=20,
        blank=True,
        db_default="",
        help_text="In a word, what became of the subject that earlier entries tell of",
    )
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    actor_name = models.CharField(max_length=600, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = "activity entry"
        verbose_name_plural = "activity log"
        ordering = ["-at", "-id"]
        # Every message that is sent writes an entry, and each index with it.
        indexes = [
            models.Index(fields=["child", "-at"], name="activity_by_child"),
            models.Index(
                fields=["actor"], name="activity_by_actor", condition=Q(actor__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title
