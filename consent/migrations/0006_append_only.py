"""The database itself refuses to change or remove what nurses decided and staff changed."""

from django.db import migrations

FORBID = """
CREATE FUNCTION consent_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- That a triage no longer counts may be added to it, once; nothing else.
    IF TG_OP = 'UPDATE'
       AND to_jsonb(OLD) -> 'invalidated_at' = 'null'::jsonb
       AND to_jsonb(NEW) - 'invalidated_at' = to_jsonb(OLD) - 'invalidated_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the history of % is append-only', TG_TABLE_NAME;
END;
$$;
CREATE TRIGGER triage_append_only BEFORE UPDATE OR DELETE ON consent_triage
    FOR EACH ROW EXECUTE FUNCTION consent_history_is_append_only();
CREATE TRIGGER assessment_append_only BEFORE UPDATE OR DELETE ON consent_gillickassessment
    FOR EACH ROW EXECUTE FUNCTION consent_history_is_append_only();
CREATE TRIGGER response_change_append_only BEFORE UPDATE OR DELETE ON consent_responsechange
    FOR EACH ROW EXECUTE FUNCTION consent_history_is_append_only();
"""
ALLOW = """
DROP TRIGGER triage_append_only ON consent_triage;
DROP TRIGGER assessment_append_only ON consent_gillickassessment;
DROP TRIGGER response_change_append_only ON consent_responsechange;
DROP FUNCTION consent_history_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0005_clinical_decisions")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
