"""An entry is written with every message, so only what is looked up by has an index.

The log of a child is found by child and time; nobody asks for an organisation's, and few entries
have an actor. Nobody waits meanwhile: Django would make the foreign keys anew and hold the tables
they name, so only its state is told, and each index goes and comes concurrently.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

COLUMNS = ("actor_id", "child_id", "organisation_id")
# The index that a foreign key brought with it: of its column alone, plain and whole.
FIND = """
SELECT index.relname
FROM pg_index
JOIN pg_class index ON index.oid = pg_index.indexrelid
JOIN pg_attribute attribute
  ON attribute.attrelid = pg_index.indrelid AND attribute.attnum = pg_index.indkey[0]
WHERE pg_index.indrelid = 'activity_entry'::regclass
  AND pg_index.indnatts = 1 AND NOT pg_index.indisunique AND pg_index.indpred IS NULL
  AND attribute.attname = %s
"""


def drop(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for column in COLUMNS:
            cursor.execute(FIND, [column])
            for (name,) in cursor.fetchall():
                quoted = schema_editor.quote_name(name)
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}")


def restore(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for column in COLUMNS:
            cursor.execute(f"CREATE INDEX CONCURRENTLY ON activity_entry ({column})")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0002_triage_of_other_conditions"),
        ("activity", "0004_what_counts_no_more"),
        ("cohorts", "0008_ask_before_many_families"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("actor__isnull", False)),
                fields=["actor"],
                name="activity_by_actor",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop, restore)],
            state_operations=[
                migrations.AlterField(
                    model_name="entry",
                    name="actor",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="entry",
                    name="child",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activity",
                        to="cohorts.child",
                    ),
                ),
                migrations.AlterField(
                    model_name="entry",
                    name="organisation",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
        ),
    ]
