"""That parents were reminded of a day on which their child is to be vaccinated."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cohorts.models import Child
from sessions_app.models import Session


class SessionReminderQuerySet(models.QuerySet):
    def standing(self) -> "SessionReminderQuerySet":
        """Those that parents were not told anything else since."""
        return self.filter(withheld_at__isnull=True, correction__isnull=True)


class SessionReminder(models.Model):
    """That the parents who agreed were reminded of one date of a school session.

    A child is reminded of a date once, whatever happens twice, unless all messages were held back
    unsent, or parents were told since that the date is off: `correction` is the letter that says
    so. A date that is moved is another date. Source: consent §8.1; sessions and clinics §8.
    """

    letter = models.UUIDField(default=uuid.uuid4, unique=True)
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="session_reminders")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    date = models.DateField(help_text="The day of the session that was reminded of")
    programmes = ArrayField(
        models.CharField(max_length=20),
        help_text="Ready for; each parent reads what they agreed to",
    )
    reminded_at = models.DateTimeField()
    withheld_at = models.DateTimeField(
        null=True,
        help_text="All messages were held back before sending: nobody was reminded",
    )
    correction = models.UUIDField(
        null=True, unique=True, help_text="The letter that tells parents that the date is off"
    )
    corrected_at = models.DateTimeField(null=True)

    objects = SessionReminderQuerySet.as_manager()

    class Meta:
        ordering = ["-reminded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["child", "date"],
                condition=Q(withheld_at__isnull=True, correction__isnull=True),
                name="reminded_of_a_date_once",
            ),
            models.CheckConstraint(
                condition=Q(programmes__len__gt=0), name="reminder_names_a_programme"
            ),
            models.CheckConstraint(
                condition=~(Q(correction__isnull=True) ^ Q(corrected_at__isnull=True)),
                name="correction_of_a_reminder_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Session reminder {self.letter}"
