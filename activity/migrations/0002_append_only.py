"""The database itself refuses to change or remove an activity entry."""

from django.db import migrations

FORBID = """
CREATE FUNCTION activity_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the activity log is append-only';
END;
$$;
CREATE TRIGGER activity_entry_append_only
    BEFORE UPDATE OR DELETE ON activity_entry
    FOR EACH ROW EXECUTE FUNCTION activity_entry_is_append_only();
"""
ALLOW = """
DROP TRIGGER activity_entry_append_only ON activity_entry;
DROP FUNCTION activity_entry_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0001_initial")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
