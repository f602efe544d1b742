"""Answers on their way through a journey of several pages."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class Answers(models.Model):
    """Answers given so far. Its id is in the address, so that two tabs do not mix."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    answers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Draft {self.pk}"


class Draft(Answers):
    """Answers of a person who is signed in; nobody else may go on with them."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
