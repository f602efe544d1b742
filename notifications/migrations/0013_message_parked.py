"""Parked messages are counted by an index of their own, and what is over and asked about once more
is found by one, made while others go on writing.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0012_recipient_corrected")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                fields=["organisation", "-created_at"],
                name="message_parked",
                condition=models.Q(("status", "parked")),
            ),
        ),
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                fields=["next_look_at"],
                name="message_over_to_look_up",
                condition=models.Q(
                    ("next_look_at__isnull", False),
                    ("status__in", ["delivered", "failed", "rejected", "parked", "withheld"]),
                ),
            ),
        ),
    ]
