"""The outbox: every message is a committed row before anything is sent."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Organisation, User
from cohorts.models import Child, Parent
from notifications.brake_models import Allowance, Stoppage
from notifications.choices import Channel, Lane
from notifications.restore_models import ForgottenMessage

__all__ = [
    "Allowance",
    "Channel",
    "ForgottenMessage",
    "Lane",
    "Message",
    "Receipt",
    "Stoppage",
    "new_reference",
]


class MessageQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "MessageQuerySet":
        return self.filter(organisation=organisation)


def new_reference() -> str:
    return uuid.uuid4().hex


class Message(models.Model):
    """One email or text to one parent about one child.

    `letter` names the occasion it belongs to: one letter is sent at most once to an address on
    a channel, unless a person sends it again. `reference` is what Notify knows it by, stable for
    the life of the row. What is sent is frozen here when it is queued; only its guard may let it
    say less (`rewording`). Source: Notify §11.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        CLAIMED = "claimed", "Being sent"
        UNKNOWN = "unknown", "Outcome unclear"
        ACCEPTED = "accepted", "Accepted by Notify"
        SENDING = "sending", "Being delivered"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Could not be delivered"
        REJECTED = "rejected", "Refused by Notify"
        PARKED = "parked", "Needs a person"
        WITHHELD = "withheld", "Not sent"

    # What has ended and reached nobody. A parked one may have arrived, or be sent again.
    REACHED_NOBODY = (Status.FAILED, Status.REJECTED, Status.WITHHELD)
    # What did not arrive, as far as is known, and a person may send again.
    UNDELIVERED = (Status.FAILED, Status.REJECTED, Status.PARKED)

    reference = models.CharField(max_length=64, default=new_reference, editable=False)
    letter = models.UUIDField(help_text="The occasion: messages of one occasion share it")
    template = models.CharField(max_length=60, help_text="Which of our templates, by name")
    channel = models.CharField(max_length=5, choices=Channel)
    recipient = models.CharField(max_length=320, help_text="Address, or number as +447…")
    recipient_corrected = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="It was being sent when its address was put right: it does not go there again",
    )
    personalisation = models.JSONField(default=dict)
    left_out = ArrayField(
        models.CharField(max_length=20),
        null=True,
        editable=False,
        help_text="What its letter is about and it does not name, since that fell away meanwhile",
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    child = models.ForeignKey(
        Child,
        on_delete=models.PROTECT,
        related_name="messages",
        db_index=False,
        null=True,
        help_text="None: a reply to a parent whose child was not found",
    )
    parent = models.ForeignKey(
        Parent, on_delete=models.SET_NULL, related_name="messages", null=True
    )
    session_id = models.BigIntegerField(null=True)
    sent_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
        help_text="None for a job",
    )
    resend_of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="resends",
        null=True,
        editable=False,
        db_index=False,
        help_text="The failed message that a person sent again with this one: at most once",
    )
    lane = models.SmallIntegerField(choices=Lane, default=Lane.BULK)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    due_at = models.DateTimeField(help_text="Not to be sent before")
    first_due_at = models.DateTimeField(
        null=True, editable=False, help_text="When it was due before the first try put it off"
    )
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    claim = models.UUIDField(null=True, editable=False, help_text="The one unsettled attempt")
    attempts = models.SmallIntegerField(default=0, db_default=0, editable=False)
    strikes = models.SmallIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Attempts that ended unclear and had not reached Notify, weighed",
    )
    attempt_ended_at = models.DateTimeField(null=True, editable=False)
    empty_lookups = models.SmallIntegerField(default=0, db_default=0, editable=False)
    next_look_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When Notify is next asked what became of it",
    )
    key_type = models.CharField(max_length=10, blank=True, db_default="", editable=False)
    notify_service = models.UUIDField(
        null=True,
        editable=False,
        help_text="Of the last attempt, as the key type: only the same ones find it again",
    )
    notify_id = models.UUIDField(null=True, editable=False)
    notify_status = models.CharField(max_length=30, blank=True, db_default="", editable=False)
    template_version = models.PositiveIntegerField(null=True, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    settled_at = models.DateTimeField(null=True, editable=False, help_text="When it became final")
    reason = models.CharField(
        max_length=300,
        blank=True,
        db_default="",
        help_text="Why it failed or was held back",
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        # Every message is updated twice within a second of its sending, and every index with it:
        # only what is looked up has one, and those of rare values leave the others out.
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="message_reference_is_unique"),
            models.UniqueConstraint(
                fields=["notify_id"],
                condition=Q(notify_id__isnull=False),
                name="message_notify_id_is_unique",
            ),
            models.UniqueConstraint(
                fields=["resend_of"],
                condition=Q(resend_of__isnull=False),
                name="message_is_sent_again_once",
            ),
            models.UniqueConstraint(
                fields=["letter", "channel", "recipient"],
                condition=Q(resend_of__isnull=True),
                name="letter_goes_once_to_an_address",
            ),
            models.CheckConstraint(
                condition=~(Q(status__in=["claimed", "unknown"]) ^ Q(claim__isnull=False)),
                name="message_claim_is_the_one_unsettled_attempt",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["accepted", "sending", "delivered"])
                | Q(accepted_at__isnull=False),
                name="accepted_message_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lane", "channel", "organisation", "due_at", "id"],
                name="message_waiting",
                condition=Q(status="waiting"),
            ),
            # Of a few, or of none: what goes at the first try has no such moment.
            models.Index(
                fields=["lane", "channel", "first_due_at"],
                name="message_put_off",
                condition=Q(status="waiting", first_due_at__isnull=False),
            ),
            models.Index(
                fields=["status", "claimed_at"],
                name="message_unsettled",
                condition=Q(status__in=["claimed", "unknown"]),
            ),
            models.Index(
                fields=["next_look_at"],
                name="message_to_look_up",
                condition=Q(next_look_at__isnull=False),
            ),
            models.Index(
                fields=["organisation", "-created_at"],
                name="message_in_trouble",
                condition=Q(status__in=["failed", "rejected", "parked"]),
            ),
            # Hardly any are: the others are looked at again, until they are final.
            models.Index(
                fields=["accepted_at"],
                name="message_never_final",
                condition=Q(status__in=["accepted", "sending"], next_look_at__isnull=True),
            ),
            # Parked ones among all that ever failed, and what is over and asked about once more.
            models.Index(
                fields=["organisation", "-created_at"],
                name="message_parked",
                condition=Q(status="parked"),
            ),
            models.Index(
                fields=["next_look_at"],
                name="message_over_to_look_up",
                condition=Q(
                    status__in=["delivered", "failed", "rejected", "parked", "withheld"],
                    next_look_at__isnull=False,
                ),
            ),
            models.Index(fields=["child", "-created_at"], name="message_by_child"),
            models.Index(fields=["organisation", "due_at"], name="message_by_due_time"),
            models.Index(
                fields=["sent_by"], name="message_by_sender", condition=Q(sent_by__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"Message {self.reference}"


class Receipt(models.Model):
    """A delivery receipt as it came, without the address; applied by a job. Source: Notify §6."""

    notify_id = models.UUIDField()
    reference = models.CharField(max_length=1000, blank=True)
    status = models.CharField(max_length=40)
    completed_at = models.CharField(max_length=40, blank=True)
    sent_at = models.CharField(max_length=40, blank=True)
    template_version = models.PositiveIntegerField(null=True)
    received_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["notify_id", "status", "completed_at"],
                name="receipt_is_stored_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                name="receipt_to_apply",
                condition=Q(applied_at__isnull=True),
            ),
            # Rows come in the order of time, so a few pages tell where the old ones lie.
            BrinIndex(fields=["received_at"], name="receipt_by_age"),
        ]

    def __str__(self) -> str:
        return f"Receipt {self.status} for {self.notify_id}"
