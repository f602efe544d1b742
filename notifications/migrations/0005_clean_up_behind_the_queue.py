"""The table of messages is cleaned up after two changed rows in a hundred, not twenty.

Each message leaves two dead rows at the head of its queue, where every claim would meet them.
"""

from django.db import migrations

OFTEN = """
ALTER TABLE notifications_message SET (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)
"""
AS_USUAL = """
ALTER TABLE notifications_message RESET (
    autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_fewer_indexes")]
    operations = [migrations.RunSQL(OFTEN, AS_USUAL)]
