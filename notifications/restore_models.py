"""What a database that was restored from a copy has to be told of the time since."""

from django.db import models

from notifications.choices import Channel


class ForgottenMessage(models.Model):
    """A message that Notify accepted and that a restored database knows nothing of.

    It was queued after the copy was made. When Mavis comes to write the same again, it recognises
    it here instead of sending it twice, and the row goes. Source: `docs/operations/restoring.md`.
    """

    reference = models.CharField(max_length=64, unique=True)
    notify_id = models.UUIDField()
    notify_status = models.CharField(max_length=30)
    template_version = models.PositiveIntegerField(null=True)
    template = models.CharField(max_length=60)
    channel = models.CharField(max_length=5, choices=Channel)
    recipient = models.CharField(max_length=320)
    words = models.TextField(help_text="What it says, without punctuation, to be compared with")
    found_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["recipient", "channel", "template"], name="forgotten_by_recipient")
        ]

    def __str__(self) -> str:
        return f"Forgotten message {self.reference}"
