"""Messages to send, and a Redis that remembers nothing of the test before."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from notifications import hints, lookups, outbox, sending, sweeping
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


@pytest.fixture(autouse=True)
def lasting_hints(monkeypatch):
    """A hint that was given is there to be seen, however long the test takes."""
    monkeypatch.setattr(hints, "HINT_SECONDS", 3600)


@pytest.fixture(autouse=True)
def no_guards(monkeypatch):
    """What the apps above would hold back is their tests' business."""
    monkeypatch.setattr(outbox, "_guards", {})


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


class Clock:
    """A clock that moves when the test says so."""

    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now

    def forward(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def notify(sandbox, settings):
    """The sandbox as the Notify that the product talks to."""
    settings.NOTIFY_BASE_URL = sandbox.base_url
    return sandbox


class Outbox:
    """What workers and beat do, done at once."""

    def __init__(self, clock):
        self.clock = clock

    def send(self, lane=Lane.BULK, seconds=20):
        """One run of a sender; how many requests it made."""
        return sending.send_due(lane=lane, clock=self.clock, budget=timedelta(seconds=seconds))

    def sweep(self):
        sweeping.sweep(clock=self.clock)
        sweeping.settle_unclear(clock=self.clock)

    def settle(self):
        """Let the quarantine pass, a sweep each minute, until unclear attempts are settled."""
        for _ in range(8):
            self.clock.forward(minutes=1)
            self.sweep()

    def reconcile(self, **time):
        self.clock.forward(**time)
        lookups.check_accepted(clock=self.clock)


@pytest.fixture
def postman(clock, notify):
    """Sends through the sandbox."""
    return Outbox(clock)


def accepted_by(notify, message):
    """The sandbox's messages of one of ours."""
    return notify.messages(reference=message.reference)


def posts_of(notify, message):
    """The requests to send one of ours, answered or not."""
    return [
        attempt
        for attempt in notify.attempts()
        if attempt["reference"] == message.reference and attempt["method"] == "POST"
    ]


def log_of(child):
    """The child's activity log: titles, oldest first."""
    return list(child.activity.order_by("at", "id").values_list("title", flat=True))
