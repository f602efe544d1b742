"""No name, address, number or postcode of a family in a log, in Redis or in a job's arguments.

Canaries are planted in a file, go through a worker, to a Notify that fails in every way and quotes
whom it was to write to, into receipts, a consent response and pages that break. Everything that
any logger writes and every command that Redis is given is searched for them.
"""

import base64
import io
import json
import logging
import re
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import redis
from celery import shared_task
from celery.contrib.testing.worker import start_worker
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import records.views
from cohorts.models import Child, Upload
from consent.models import ConsentResponse
from mavis.celery import app
from mavis.logs import JsonFormatter
from notifications import hints
from notifications.models import Message, Receipt
from tests.cohorts.conftest import as_csv
from tests.consent.wizard import Wizard, given
from tests.sandbox_process import eventually
from tests.sessions_app.conftest import Clinic

Status = Message.Status
GIVEN, FAMILY, PARENT, MAILBOX = "Zebulonia", "Quackenbush", "Peregrina Falconer", "kestrelnest"
NHS_NUMBER, POSTCODE, PHONES = "9994712209", "CV6 7QZ", "77009005"
CANARIES = (GIVEN, FAMILY, PARENT, MAILBOX, NHS_NUMBER, POSTCODE, PHONES)
# How the sandbox's Notify fails each parent, by the name of the mailbox and the end of the number.
FAULTS = {
    "delivered": "20",
    "err500-before": "06",
    "html502": "08",
    "html400": "12",
    "badjson201": "11",
    "team400": "18",
    "perm-fail": "22",
}
MORNING = datetime(2027, 1, 12, 10, tzinfo=UTC)


def squeezed(text: str) -> str:
    return re.sub(r"[\s+%-]|\\x20", "", text).lower()


def canaries_in(text: str) -> list[str]:
    """The canaries that a text holds, however they are spaced."""
    return [canary for canary in CANARIES if squeezed(canary) in squeezed(text)]


class Lines:
    """All that any logger writes, down to the finest, as production writes it."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self._handler = logging.StreamHandler(self._stream)
        self._handler.setFormatter(JsonFormatter(tells_messages=False))
        self._root = logging.getLogger()
        self._level = self._root.level

    def listen(self) -> None:
        """From now on. A worker that starts sets up logging anew, so it comes first."""
        self._root.addHandler(self._handler)
        self._root.setLevel(logging.DEBUG)

    def end(self) -> None:
        self._root.removeHandler(self._handler)
        self._root.setLevel(self._level)

    def getvalue(self) -> str:
        return self._stream.getvalue()


@pytest.fixture
def lines():
    found = Lines()
    yield found
    found.end()


class Wiretap:
    """Every command that Redis is given, with the bodies of jobs decoded."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._client = redis.Redis.from_url(app.conf.broker_url, protocol=2, socket_timeout=None)
        self._monitor = self._client.monitor()
        self._monitor.__enter__()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for told in self._monitor.listen():
            command = told["command"]
            self.heard.append(command)
            for body in re.findall(r'\\*"body\\*": \\*"([A-Za-z0-9+/=]+)', command):
                self.heard.append(base64.b64decode(body).decode())
            if "end-of-the-wiretap" in command:
                return

    def text(self) -> str:
        """All that was heard until now."""
        with redis.Redis.from_url(app.conf.broker_url) as other:
            other.set("end-of-the-wiretap", 1)
        self._thread.join()
        self._monitor.__exit__(None, None, None)
        self._client.close()
        return "\n".join(self.heard)


class QuotingNotify(BaseHTTPRequestHandler):
    """A Notify whose every error quotes all that it was sent."""

    ANSWERS = [
        (400, "BadRequestError", "Missing personalisation: "),
        (400, "ValidationError", "email_address Not a valid email address "),
        (500, "InternalError", ""),
        (400, "BadRequestError", "Can’t send to this recipient using a team-only API key: "),
        (429, "TooManyRequestsError", ""),
        (403, "AuthError", "Invalid token: API key not found "),
    ]
    asked = 0

    def do_GET(self) -> None:
        self._answer(404, "NoResultFound", "No result found", "")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status, kind, words = self.ANSWERS[type(self).asked % len(self.ANSWERS)]
        type(self).asked += 1
        self._answer(status, kind, words, body)

    def _answer(self, status: int, kind: str, words: str, quoted: str) -> None:
        document = {"status_code": status, "errors": [{"error": kind, "message": words + quoted}]}
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet: this is no part of Mavis."""


@pytest.fixture
def quoting_notify():
    QuotingNotify.asked = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), QuotingNotify)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@shared_task(name="tests.quote_a_child")
def quote_a_child(fails_in: str) -> None:
    quoting_fault(fails_in)


def quoting_fault(fails_in: str) -> None:
    """A fault as code meets it, or as the database tells it: with the row that it refused."""
    child = Child.objects.get(nhs_number=NHS_NUMBER)
    if fails_in == "code":
        raise ValueError(f"{child.given_name} {child.family_name} of {child.postcode}")
    Child.objects.create(
        organisation=child.organisation,
        given_name=GIVEN,
        family_name=FAMILY,
        date_of_birth=child.date_of_birth,
        birth_academic_year=child.birth_academic_year,
        nhs_number=NHS_NUMBER,
        home_educated=False,
    )


def roll() -> SimpleUploadedFile:
    rows = [
        {
            "CHILD_SCHOOL_URN": "999999",
            "CHILD_FIRST_NAME": GIVEN if name == "delivered" else f"{GIVEN}{number}",
            "CHILD_LAST_NAME": FAMILY,
            "CHILD_DATE_OF_BIRTH": "14/03/2014",
            "CHILD_POSTCODE": POSTCODE,
            "CHILD_NHS_NUMBER": NHS_NUMBER if name == "delivered" else "",
            "PARENT_1_NAME": PARENT,
            "PARENT_1_RELATIONSHIP": "Mum",
            "PARENT_1_EMAIL": f"{name}+{MAILBOX}@sandbox.example",
            "PARENT_1_PHONE": f"07700 9005{number}",
        }
        for name, number in FAULTS.items()
    ]
    return SimpleUploadedFile(f"{FAMILY}.csv", as_csv(rows), content_type="text/csv")


def all_tried() -> bool:
    return not Message.objects.filter(status__in=[Status.WAITING, Status.CLAIMED]).exists()


@pytest.mark.django_db(transaction=True)
def test_no_canary_sings_in_logs_in_redis_or_in_jobs(
    organisation,
    nurse,
    nurse_client,
    superuser_client,
    sandbox,
    settings,
    lines,
    quoting_notify,
    monkeypatch,
):
    settings.NOTIFY_BASE_URL = sandbox.base_url
    settings.CLOCK_FROM, settings.CLOCK_SINCE = MORNING, datetime.now(UTC)
    hints.connection().flushdb()
    clinic = Clinic(organisation)
    tap = Wiretap()
    with start_worker(
        app, pool="solo", perform_ping_check=False, loglevel="DEBUG", queues=["urgent", "default"]
    ):
        lines.listen()
        # A file, the invitations that follow from it, and every way in which sending may fail.
        nurse_client.post("/uploads/new/cohort/", {"file": roll()})
        eventually(lambda: Child.objects.count() == len(FAULTS), within_s=60)
        eventually(lambda: Message.objects.count() >= len(FAULTS) and all_tried(), within_s=60)
        # Receipts name whom the message went to; forged and broken ones may name anybody.
        for message in Message.objects.exclude(notify_id=None):
            post_receipt(message)
        post_receipt(message, token="forged")
        post_receipt(message, status={GIVEN: NHS_NUMBER})
        eventually(lambda: not Receipt.objects.filter(applied_at=None).exists(), within_s=60)
        # Sent again by a person to a Notify that quotes.
        settings.NOTIFY_BASE_URL = quoting_notify
        Message.objects.filter(status=Status.UNKNOWN).update(
            status=Status.PARKED, claim=None, next_look_at=None, reason="Tried too often"
        )
        for message in Message.objects.filter(status__in=[Status.PARKED, Status.REJECTED]):
            superuser_client.post(f"/operations/messages/{message.reference}/send-again/")
        eventually(lambda: QuotingNotify.asked >= 4, within_s=60)
        # Jobs that break.
        for fails_in in ("code", "database"):
            app.send_task("tests.quote_a_child", [fails_in], queue="default")
        answer_and_look(nurse_client, clinic, monkeypatch)
        eventually(lambda: lines.getvalue().count("raised unexpected") >= 2, within_s=60)
    logged, heard = lines.getvalue(), tap.text()

    # All of it happened …
    assert ConsentResponse.objects.count() == 1
    assert Upload.objects.get().status == Upload.Status.COMPLETED
    assert "cohorts.run_upload" in heard and "notifications.send_due" in heard
    assert "builtins.ValueError" in logged and "IntegrityError" in logged
    assert "Internal Server Error" in logged and "celery.app.trace" in logged
    assert "Sending stops" in logged or "needs a person" in logged
    # … and nobody told.
    for line in logged.splitlines():
        assert not canaries_in(line), line
    assert not canaries_in(heard), [each for each in tap.heard if canaries_in(each)][:3]


def post_receipt(message, *, token="local-receipts-token", status="delivered"):
    return Client().post(
        "/notify/receipts",
        data=json.dumps(
            {
                "id": str(message.notify_id),
                "reference": message.reference,
                "to": message.recipient,
                "status": status,
                "completed_at": "2027-01-12T12:00:02.000000Z",
            }
        ),
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"},
    )


def answer_and_look(nurse_client, clinic, monkeypatch):
    """A consent response, pages that are found, not found, and that break."""
    child = Child.objects.get(nhs_number=NHS_NUMBER)
    wizard = Wizard(nurse_client, clinic, child)
    given(wizard, child.relationships.get().parent).answer()
    address = f"/children/{child.public_id}/"
    for path in (address, f"{address}activity/", f"/children/?q={GIVEN}", f"/children/{FAMILY}/"):
        nurse_client.get(path)
    nurse_client.raise_request_exception = False
    for fails_in in ("code", "database"):
        monkeypatch.setattr(
            records.views,
            "record_view",
            lambda *_, fails_in=fails_in, **__: quoting_fault(fails_in),
        )
        assert nurse_client.get(address).status_code == 500


def test_the_search_for_canaries_finds_them(lines):
    """A canary that sings is heard: in a line, in a key, in the arguments of a job."""
    hints.connection().flushdb()
    tap = Wiretap()
    lines.listen()
    logging.getLogger("mavis").info("Child %s", FAMILY)
    hints.connection().set(f"mavis:{MAILBOX}", 1)
    app.send_task("tests.quote_a_child", [f"+44{PHONES}22"], queue="default", argsrepr="(…)")
    assert canaries_in(lines.getvalue()) == [FAMILY]
    assert canaries_in(tap.text()) == [MAILBOX, PHONES]
    hints.connection().flushdb()
