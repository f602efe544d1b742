"""Nobody vouches for who came by a match alone, and was not talked to since."""

from django.db import migrations

STRANGERS = """
UPDATE cohorts_parentrelationship relationship SET is_vouched_for = false
WHERE EXISTS (
    SELECT FROM consent_onlineresponse online
    WHERE online.added_relationship_id = relationship.id AND online.matched_by_id IS NULL)
  AND NOT EXISTS (
    SELECT FROM consent_consentresponse recorded
    WHERE recorded.child_id = relationship.child_id
      AND recorded.parent_id = relationship.parent_id
      AND recorded.recorded_by_id IS NOT NULL AND recorded.decision <> 'not_provided')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0014_room_for_addresses_on_record"),
        ("cohorts", "0010_who_vouches_for_parents"),
    ]
    operations = [migrations.RunSQL(STRANGERS, migrations.RunSQL.noop)]
