"""Give the children who are there already the names that files are matched by."""

from django.db import migrations

from cohorts import search

BLOCK = 2000


def fold_names(apps, schema_editor):
    child_model = apps.get_model("cohorts", "Child")
    after = 0
    while True:
        children = list(child_model.objects.filter(pk__gt=after).order_by("pk")[:BLOCK])
        if not children:
            return
        for child in children:
            child.given_name_key = search.fold(child.given_name)
            child.family_name_key = search.fold(child.family_name)
        child_model.objects.bulk_update(children, ["given_name_key", "family_name_key"])
        after = children[-1].pk


class Migration(migrations.Migration):
    dependencies = [("cohorts", "0002_match_by_folded_names")]
    operations = [migrations.RunPython(fold_names, migrations.RunPython.noop)]
