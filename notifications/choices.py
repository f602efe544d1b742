"""How a message goes, and who goes first."""

from django.db.models import IntegerChoices, TextChoices


class Channel(TextChoices):
    EMAIL = "email", "Email"
    TEXT = "text", "Text message"


class Lane(IntegerChoices):
    """Who goes first: a reply or a late joiner before a whole cohort's mailing."""

    URGENT = 0, "At once"
    BULK = 1, "Bulk"
