"""Nobody vouches for who came by a match alone, shares no address or number with a parent for whom
one does, and of whom staff have neither recorded an answer since nor matched one.
"""

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
  AND NOT EXISTS (
    SELECT FROM consent_consentresponse answer
    JOIN consent_onlinedecision decision ON decision.consent_id = answer.id
    JOIN consent_onlineresponse online ON online.id = decision.response_id
    WHERE answer.child_id = relationship.child_id
      AND answer.parent_id = relationship.parent_id
      AND online.matched_by_id IS NOT NULL)
"""
SHARING = """
UPDATE cohorts_parentrelationship relationship SET is_vouched_for = true
FROM cohorts_parent parent
WHERE parent.id = relationship.parent_id AND NOT relationship.is_vouched_for
  AND EXISTS (
    SELECT FROM cohorts_parentrelationship known
    JOIN cohorts_parent other ON other.id = known.parent_id
    WHERE known.child_id = relationship.child_id AND known.is_vouched_for
      AND (parent.email <> '' AND other.email = parent.email
           OR parent.phone <> '' AND other.phone = parent.phone))
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0014_room_for_addresses_on_record"),
        ("cohorts", "0010_who_vouches_for_parents"),
    ]
    operations = [
        migrations.RunSQL([STRANGERS, SHARING], migrations.RunSQL.noop),
    ]
