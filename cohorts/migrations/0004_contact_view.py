"""Where a child's parents can be written to, as one view that every reader shares."""

from django.db import migrations, models

CREATE = """
CREATE VIEW cohorts_contact AS
SELECT relationship.id * 2 + address.place AS id,
       relationship.child_id,
       relationship.parent_id,
       address.channel,
       address.recipient
FROM cohorts_parentrelationship relationship
JOIN cohorts_parent parent ON parent.id = relationship.parent_id
CROSS JOIN LATERAL (
    VALUES (0, 'email', parent.email, parent.email_failed_at IS NULL),
           (1, 'text', parent.phone,
            parent.phone_failed_at IS NULL
            AND parent.contact_method <> 'voice'
            AND parent.phone ~ '^[+]447[0-9]{9}$')
) AS address (place, channel, recipient, is_usable)
WHERE address.recipient <> '' AND address.is_usable
"""


class Migration(migrations.Migration):
    dependencies = [("cohorts", "0003_fold_names_of_children")]
    operations = [
        migrations.RunSQL(CREATE, "DROP VIEW cohorts_contact"),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("channel", models.CharField(max_length=5)),
                ("recipient", models.CharField(max_length=320)),
            ],
            options={"managed": False, "db_table": "cohorts_contact"},
        ),
    ]
