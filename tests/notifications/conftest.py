"""Messages to send, and a Redis that remembers nothing of the test before."""

import uuid
from datetime import UTC, datetime

import pytest

from notifications import hints, outbox
from notifications.models import Channel, Lane, Message
from tests.factories import ChildFactory, ParentFactory

# A Tuesday noon in winter, when London keeps UTC and texts may go.
NOW = datetime(2027, 1, 12, 12, tzinfo=UTC)

VALUES = {
    "short_child_name": "Ada",
    "full_and_preferred_child_name": "Ada Example",
    "vaccination": "HPV vaccination",
    "how_to_book": "Book at https://booking.example.com",
    "how_to_book_short": "Book at https://booking.example.com",
    "team_name": "Coventry SAIS",
    "team_email": "team@sais.example.com",
    "team_phone": "024 7600 0001",
}


@pytest.fixture(autouse=True)
def empty_redis():
    hints.connection().flushdb()
    yield
    hints.connection().flushdb()


@pytest.fixture
def child(organisation):
    return ChildFactory(organisation=organisation)


@pytest.fixture
def parent(organisation):
    return ParentFactory(organisation=organisation)


@pytest.fixture
def new_message(child):
    """An unsaved message about the child; say what matters."""

    def make(**fields):
        fields = {
            "letter": uuid.uuid4(),
            "template": "clinic_initial_invitation",
            "channel": Channel.EMAIL,
            "recipient": "parent@example.com",
            "personalisation": VALUES,
            "organisation": child.organisation,
            "child": child,
            "lane": Lane.BULK,
            "due_at": NOW,
        } | fields
        return Message(**fields)

    return make


@pytest.fixture
def queued(new_message):
    """A message that waits in the outbox."""

    def make(*, now=NOW, **fields):
        message = new_message(**fields)
        outbox.queue_all([message], now=now)
        return Message.objects.get(reference=message.reference)

    return make
