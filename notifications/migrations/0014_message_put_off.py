"""How long a message has waited that each try puts off, and an index of such, made while others go
on writing.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0013_message_parked")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="first_due_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When it was due before the first try put it off",
                null=True,
            ),
        ),
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                condition=models.Q(("first_due_at__isnull", False), ("status", "waiting")),
                fields=["lane", "channel", "first_due_at"],
                name="message_put_off",
            ),
        ),
    ]
