from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0011_message_never_final")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="recipient_corrected",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="It was being sent when its address was put right: it does not go "
                "there again",
            ),
        ),
    ]
