"""A migration of the queue's own table while messages wait and a sender is at work."""

import threading
from contextlib import suppress

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from notifications import outbox
from notifications.models import Message
from tests.notifications.conftest import NOW
from tests.sandbox_process import eventually

MESSAGES = 400
# How many migrations are taken back and brought again: a column goes and comes with these.
NEWEST = 2
TAKEN = ("accepted", "sending", "delivered")


def migrate(*target):
    call_command("migrate", "notifications", *target, interactive=False, verbosity=0)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_migration_on_a_live_queue_loses_and_doubles_nothing(new_message, postman, notify, clock):
    names = sorted(
        name for app, name in MigrationLoader(connection).disk_migrations if app == "notifications"
    )
    notify.add_fault(match={"endpoint": "post"}, action="delay", delay_s=1)
    messages = [new_message(recipient=f"parent{n}@example.com") for n in range(MESSAGES)]
    outbox.queue_all(messages, now=NOW)

    def send():
        # As in a worker: the job fails, and the sweep finds what it held.
        with suppress(DatabaseError):
            postman.send(seconds=60)
        connection.close()

    sender = threading.Thread(target=send)
    sender.start()
    try:
        eventually(lambda: len(notify.attempts()) >= 10)
        migrate(names[-1 - NEWEST])
        has_more = Message.objects.filter(status="waiting").exists()
    finally:
        migrate()
        sender.join()
        notify.remove_faults()
    assert has_more, "nothing waited for the migration"
    for _ in range(3):
        clock.forward(minutes=3)
        postman.sweep()
        postman.settle()
        postman.send()
    assert set(Message.objects.values_list("status", flat=True)) <= set(TAKEN)
    sent = [each["reference"] for each in notify.messages()]
    assert sorted(sent) == sorted(Message.objects.values_list("reference", flat=True))
