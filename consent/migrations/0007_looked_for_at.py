"""When the child of an online response was first looked for, to find what was overlooked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0006_append_only")]

    operations = [
        migrations.AddField(
            model_name="onlineresponse",
            name="looked_for_at",
            field=models.DateTimeField(
                help_text="When the child was first looked for; none before that", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="onlineresponse",
            index=models.Index(
                condition=models.Q(("looked_for_at__isnull", True)),
                fields=["recorded_at"],
                name="online_response_not_looked_at",
            ),
        ),
    ]
