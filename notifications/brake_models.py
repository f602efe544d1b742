"""What keeps messages from going: a channel that stands still, and the day's allowance."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.choices import Channel


class Stoppage(models.Model):
    """That sending stands still on a channel, or on both, and why: shown to operators.

    A refused key or a wrong clock stops until Notify accepts a probe, a spent daily allowance
    until midnight UTC, a restricted service and a restored database until a person ends it. Of one
    whose last part is kept for urgent messages only the mailings stop.
    """

    class Scope(models.TextChoices):
        ALL = "all", "Everything"
        EMAIL = "email", "Email"
        TEXT = "text", "Text messages"

    class Kind(models.TextChoices):
        SKEW = "skew", "Our clock is wrong"
        KEY = "key", "Notify refuses our key"
        RESTRICTED = "restricted", "Notify lets us write to team members only"
        ALLOWANCE = "allowance", "Today's allowance is spent"
        KEPT = "kept", "The rest of today's allowance is kept for urgent messages"
        RESTORED = "restored", "The database is a restored copy"

    # These end by themselves at midnight: no reason to wake anybody.
    PASSING = (Kind.ALLOWANCE, Kind.KEPT)

    scope = models.CharField(max_length=5, choices=Scope)
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.CharField(max_length=300)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, help_text="Empty: until a person or a probe ends it")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope"],
                condition=Q(ended_at__isnull=True),
                name="one_stoppage_per_scope",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.reason}"


class Allowance(models.Model):
    """How many messages of a channel Notify took from us on a day, which begins at midnight UTC."""

    day = models.DateField()
    channel = models.CharField(max_length=5, choices=Channel)
    accepted = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "channel"], name="one_allowance_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day}, {self.channel}: {self.accepted}"
