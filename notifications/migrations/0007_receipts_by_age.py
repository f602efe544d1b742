"""Receipts are removed by age: an index for it, made while others go on writing."""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0006_resuming_after_a_restore")]

    operations = [
        AddIndexConcurrently(
            model_name="receipt",
            index=BrinIndex(fields=["received_at"], name="receipt_by_age"),
        ),
    ]
