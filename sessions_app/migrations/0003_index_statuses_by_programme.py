"""Counts and lists of a whole session read the statuses of one programme from an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cohorts", "0007_list_children_by_folded_names"),
        ("programmes", "0002_programmes_and_vaccines"),
        ("sessions_app", "0002_who_chose_the_dates"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="programmestatus",
            index=models.Index(
                fields=["academic_year", "programme", "child"],
                include=("consent", "exclusion"),
                name="status_of_a_programme",
            ),
        ),
    ]
