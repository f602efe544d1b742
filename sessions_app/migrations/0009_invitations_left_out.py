from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0008_wait_for_follow_ups"),
    ]

    operations = [
        migrations.AlterField(
            model_name="invitation",
            name="withheld_at",
            field=models.DateTimeField(
                help_text="Every message was held back or left it out; it may be planned again",
                null=True,
            ),
        ),
    ]
