"""Whether somebody vouches for a parent, and so whether they are asked and invited."""

from django.db import migrations, models

BEFORE = """
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
# Of whom nobody vouches for there are few: only for them is it looked who else is on the record.
AFTER = """
CREATE OR REPLACE VIEW cohorts_contact AS
SELECT relationship.id * 2 + address.place AS id,
       relationship.child_id,
       relationship.parent_id,
       address.channel,
       address.recipient,
       relationship.is_vouched_for OR NOT EXISTS (
           SELECT FROM cohorts_parentrelationship known
           JOIN cohorts_parent other ON other.id = known.parent_id
           WHERE known.child_id = relationship.child_id AND known.is_vouched_for
             AND (other.email <> '' AND other.email_failed_at IS NULL
                  OR other.phone_failed_at IS NULL AND other.contact_method <> 'voice'
                     AND other.phone ~ '^[+]447[0-9]{9}$')
       ) OR EXISTS (
           SELECT FROM cohorts_parentrelationship known
           JOIN cohorts_parent other ON other.id = known.parent_id
           WHERE known.child_id = relationship.child_id AND known.is_vouched_for
             AND (parent.email <> '' AND other.email = parent.email
                  OR parent.phone <> '' AND other.phone = parent.phone)
       ) AS is_asked
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
    dependencies = [("cohorts", "0009_public_ids_of_parents")]
    operations = [
        migrations.AddField(
            model_name="parentrelationship",
            name="is_vouched_for",
            field=models.BooleanField(db_default=True, default=True, editable=False),
        ),
        migrations.RunSQL(AFTER, f"DROP VIEW cohorts_contact; {BEFORE}"),
        migrations.AddField(
            model_name="contact",
            name="is_asked",
            field=models.BooleanField(default=True),
            preserve_default=False,
        ),
    ]
