"""Messages that Notify accepted and of which nothing final is heard are found by an index, made
while others go on writing.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0010_what_a_message_leaves_out")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                fields=["accepted_at"],
                name="message_never_final",
                condition=models.Q(
                    ("next_look_at__isnull", True), ("status__in", ["accepted", "sending"])
                ),
            ),
        ),
    ]
