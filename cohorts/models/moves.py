"""Proposed changes of school."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation, User
from cohorts.models.children import Child
from cohorts.models.places import Location, Schooled


class SchoolMoveQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "SchoolMoveQuerySet":
        """Moves that wait with the organisation: it has the child in its care."""
        return self.filter(organisation=organisation)

    def waiting(self) -> "SchoolMoveQuerySet":
        return self.filter(decision="")


class SchoolMove(Schooled, models.Model):
    """A proposed change of school that waits for a person; at most one is open per child."""

    class Source(models.TextChoices):
        COHORT = "cohort", "Child records upload"
        CLASS_LIST = "class_list", "Class list"
        CONSENT = "consent", "Consent response"

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        IGNORED = "ignored", "Ignored"
        REPLACED = "replaced", "Replaced by newer information"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="school_moves")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="school_moves"
    )
    source = models.CharField(max_length=12, choices=Source)
    school = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    home_educated = models.BooleanField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SchoolMoveQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["child"],
                condition=Q(decision=""),
                name="one_open_move_per_child",
            ),
            models.CheckConstraint(
                condition=Q(school__isnull=False, home_educated__isnull=True)
                | Q(school__isnull=True, home_educated__isnull=False),
                name="move_has_a_target",
            ),
            models.CheckConstraint(
                condition=~(Q(decision="") ^ Q(decided_at__isnull=True)),
                name="move_decision_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=False) | Q(decided_by__isnull=True),
                name="move_decider_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"School move {self.public_id}"
