"""What remains of a match that was undone."""

from django.db import models

from accounts.models import User
from cohorts.models import Child
from consent.online_models import DETAILS_LENGTH, OnlineResponse


class UndoneMatch(models.Model):
    """That an online response had been matched with a child whom it is not about. Never changed.

    A response with one is matched by a person only. Source: docs/decisions/0062-undoing-a-match.md.
    """

    response = models.ForeignKey(
        OnlineResponse, on_delete=models.PROTECT, related_name="undone_matches"
    )
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="+")
    matched_at = models.DateTimeField()
    matched_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, help_text="None: by itself"
    )
    reason = models.TextField(max_length=DETAILS_LENGTH)
    undone_at = models.DateTimeField()
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["undone_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "child", "matched_at"], name="match_is_undone_once"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="undoing_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"Match of response {self.response_id} undone"
