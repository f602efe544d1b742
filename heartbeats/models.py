"""One row a schedule of the timetable, and one a worker."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone


class Heartbeat(models.Model):
    """When a schedule last started, succeeded and failed, as beat sent it.

    What anybody else starts does not count: the row tells whether the timetable is kept. Times
    only ever move forward, so late, doubled and simultaneous runs may write in any order.
    """

    schedule = models.CharField(max_length=100, primary_key=True)
    comes = models.CharField(max_length=100, help_text="How often it should come, in words")
    watched_since = models.DateTimeField(default=timezone.now, db_default=Now())
    last_started_at = models.DateTimeField(null=True)
    last_succeeded_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)
    caught_up_at = models.DateTimeField(
        null=True, help_text="When a run that was missed was last sent after all"
    )
    last_error = models.CharField(
        max_length=200, blank=True, db_default="", help_text="The kind of error: never its words"
    )

    class Meta:
        ordering = ["schedule"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_error="") | Q(last_failed_at__isnull=False),
                name="heartbeat_error_has_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.schedule


class Worker(models.Model):
    """A worker that has not said goodbye, and when it last took a job."""

    name = models.CharField(max_length=200, primary_key=True)
    queues = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    took_at = models.DateTimeField(help_text="When it last took a job; at first, when it started")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
