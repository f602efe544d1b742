import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from notifications import hints, lookups, receipts, selectors, tasks
from notifications.models import Message, Receipt
from tests.factories import ParentFactory
from tests.notifications.conftest import log_of, posts_of
from tests.sandbox_process import eventually

Status = Message.Status
TOKEN = "local-receipts-token"
ADDRESS = "/notify/receipts"
SOME_ID = "9d1f1c3e-0000-4000-8000-000000000001"
SENT = "Session clinic initial invitation sent"
FAILED = "Session clinic initial invitation could not be delivered"


def reread(message):
    return Message.objects.get(pk=message.pk)


def to(name):
    return f"{name}@sandbox.example"


def receipt_for(message, **fields):
    """A receipt as Notify posts it."""
    return {
        "id": str(message.notify_id or uuid.uuid4()),
        "reference": message.reference,
        "to": message.recipient,
        "status": "delivered",
        "created_at": "2027-01-12T12:00:00.000000Z",
        "completed_at": "2027-01-12T12:00:02.000000Z",
        "sent_at": "2027-01-12T12:00:01.000000Z",
        "notification_type": "email",
        "template_id": str(uuid.uuid4()),
        "template_version": 1,
    } | fields


@pytest.fixture
def post(client):
    def send(body, *, token=TOKEN, **headers):
        body = body if isinstance(body, str | bytes) else json.dumps(body)
        headers.setdefault("authorization", f"Bearer {token}")
        return client.post(ADDRESS, data=body, content_type="application/json", headers=headers)

    return send


@pytest.fixture
def sent(queued, postman):
    """A message that Notify has accepted."""

    def make(**fields):
        message = queued(**fields)
        postman.send()
        message = reread(message)
        assert message.notify_id
        return message

    return make


@pytest.fixture
def apply(clock):
    """What the job does."""

    def run():
        if receipts.apply_waiting(clock=clock):
            lookups.check_accepted(clock=clock)

    return run


# The endpoint.


def test_a_receipt_is_kept_and_its_job_is_hinted_at(sent, post, django_assert_num_queries):
    message = sent()
    with django_assert_num_queries(1):
        assert post(receipt_for(message)).status_code == 204
    kept = Receipt.objects.get()
    assert (kept.notify_id, kept.reference) == (message.notify_id, message.reference)
    assert (kept.status, kept.applied_at) == ("delivered", None)
    assert hints.connection().keys("mavis:hint:notifications.apply_receipts:*")


def test_to_whom_it_went_is_not_kept_or_logged(sent, post, caplog):
    message = sent(recipient="canary@example.com")
    post(receipt_for(message))
    post(receipt_for(message), token="wrong")
    post(receipt_for(message, id="canary@example.com"))
    assert "canary" not in str(Receipt.objects.values())
    assert "canary" not in caplog.text


def test_failure_20_the_same_receipt_twice_is_one(sent, post):
    message = sent()
    for _ in range(3):
        assert post(receipt_for(message)).status_code == 204
    assert Receipt.objects.count() == 1


def test_failure_20_a_receipt_without_times_twice_is_one(db, post, new_message):
    body = receipt_for(new_message(), completed_at=None, sent_at=None, reference=None)
    assert post(body).status_code == 204
    assert post(body).status_code == 204
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"{TOKEN}"]
)
def test_failure_22_a_wrong_token_is_refused_and_nothing_is_written(
    db, post, new_message, authorization, caplog
):
    answer = post(receipt_for(new_message()), authorization=authorization)
    assert answer.status_code == 401
    assert not Receipt.objects.exists()
    assert "wrong token" in caplog.text


def test_current_and_previous_token_are_taken_while_one_replaces_the_other(
    db, post, new_message, settings
):
    settings.NOTIFY_CALLBACK_TOKENS = ["new-token", "old-token"]
    body = receipt_for(new_message())
    answers = [post(body, token=token).status_code for token in ("new-token", "old-token", TOKEN)]
    assert answers == [204, 204, 401]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "{}",
        '{"id": 3}',
        b"\xff\xfe",
        json.dumps({"id": "not-a-uuid", "status": "delivered"}),
        json.dumps({"id": SOME_ID}),
        json.dumps({"id": SOME_ID, "status": "x" * 41}),
        json.dumps({"id": SOME_ID, "status": "a\u0000b"}),
        json.dumps({"id": SOME_ID, "status": "delivered", "template_version": "x"}),
        json.dumps({"id": SOME_ID, "status": ["delivered"]}),
        json.dumps({"id": SOME_ID, "status": "delivered", "more": "x" * 30_000}),
    ],
)
def test_an_unreadable_body_is_refused_in_so_many_words(db, post, body):
    assert post(body).status_code == 400
    assert not Receipt.objects.exists()


def test_the_address_never_redirects_and_takes_only_posts(db, client, post, new_message, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(ADDRESS).status_code == 405
    assert post(receipt_for(new_message())).status_code == 204
    assert client.post(ADDRESS + "/").status_code not in (301, 302, 303)


def test_failure_19_a_database_that_is_down_asks_notify_to_repeat(db, post, new_message):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_receipt RENAME TO gone")
    assert post(receipt_for(new_message())).status_code == 503


# Applying.


def test_a_delivery_ends_the_message(sent, post, apply, clock, child):
    message = sent()
    clock.forward(seconds=2)
    post(receipt_for(message))
    apply()
    delivered = reread(message)
    assert (delivered.status, delivered.notify_status) == (Status.DELIVERED, "delivered")
    assert (delivered.settled_at, delivered.next_look_at) == (clock.now, None)
    assert Receipt.objects.get().applied_at == clock.now
    assert log_of(child) == [SENT]


def test_failure_21_a_receipt_before_our_answer_was_saved_proves_acceptance(
    queued, post, apply, postman, notify, child
):
    message = queued(recipient=to("drop-after"))
    postman.send()
    assert reread(message).status == Status.UNKNOWN
    [theirs] = notify.messages(reference=message.reference)
    post(receipt_for(message, id=theirs["id"]))
    apply()
    assert reread(message).status == Status.DELIVERED
    assert str(reread(message).notify_id) == theirs["id"]
    assert reread(message).template_version == 1
    postman.settle()
    postman.send()
    assert len(posts_of(notify, message)) == 1
    assert log_of(child) == [SENT]


def test_failure_21_receipts_out_of_order_never_turn_a_message_back(sent, post, apply):
    message = sent()
    post(receipt_for(message))
    post(receipt_for(message, status="sending", completed_at=None))
    post(receipt_for(message, status="created", completed_at=None))
    apply()
    assert reread(message).status == Status.DELIVERED
    assert Receipt.objects.filter(applied_at__isnull=True).count() == 0


def test_failure_22_a_forged_failure_harms_nobody(queued, post, apply, postman, parent, notify):
    message = queued(recipient=parent.email, parent=parent)
    postman.send()
    message = reread(message)
    eventually(lambda: notify.messages(reference=message.reference)[0]["status"] == "delivered")
    post(receipt_for(message, status="permanent-failure"))
    apply()
    assert reread(message).status == Status.DELIVERED
    parent.refresh_from_db()
    assert parent.email_failed_at is None


def test_failure_22_a_forged_delivery_is_put_right_by_the_true_receipt(sent, post, apply, notify):
    message = sent(recipient=to("temp-fail"))
    eventually(
        lambda: notify.messages(reference=message.reference)[0]["status"] == "temporary-failure"
    )
    post(receipt_for(message))
    apply()
    assert reread(message).status == Status.DELIVERED
    post(receipt_for(message, status="temporary-failure"))
    apply()
    assert reread(message).status == Status.FAILED


def test_failure_22_a_forged_delivery_leaves_a_failure_with_its_reason(
    sent, post, apply, notify, child
):
    message = sent(recipient=to("temp-fail"))
    eventually(
        lambda: notify.messages(reference=message.reference)[0]["status"] == "temporary-failure"
    )
    post(receipt_for(message, status="temporary-failure"))
    apply()
    before = reread(message)
    assert "could not be delivered in three days" in before.reason
    post(receipt_for(message))
    apply()
    asked = reread(message)
    assert (asked.status, asked.reason) == (Status.FAILED, before.reason)
    assert log_of(child) == [SENT, FAILED]


def test_failure_22_while_notify_is_silent_a_failure_waits(sent, post, apply, clock, notify):
    message = sent(recipient=to("temp-fail"))
    eventually(
        lambda: notify.messages(reference=message.reference)[0]["status"] == "temporary-failure"
    )
    notify.add_fault(match={"endpoint": "get"}, action="status", status=500)
    post(receipt_for(message, status="temporary-failure"))
    apply()
    assert reread(message).status in (Status.ACCEPTED, Status.SENDING)
    notify.remove_faults()
    clock.forward(minutes=5)
    lookups.check_accepted(clock=clock)
    assert reread(message).status == Status.FAILED


@pytest.mark.parametrize("reference", [None, "somebody-elses"])
def test_failure_23_a_receipt_that_is_not_ours_is_kept_and_ignored(
    sent, post, apply, new_message, reference
):
    message = sent()
    post(receipt_for(new_message(), reference=reference))
    apply()
    assert Receipt.objects.get().outcome == "not ours"
    assert reread(message).status == Status.ACCEPTED


def test_a_receipt_of_a_second_message_with_our_reference_is_reported(sent, post, apply, caplog):
    message = sent()
    post(receipt_for(message, id=str(uuid.uuid4())))
    apply()
    assert reread(message).status == Status.ACCEPTED
    assert "besides" in caplog.text


def test_failure_24_a_technical_failure_is_found_by_asking(sent, postman, notify, child):
    message = sent(recipient=to("tech-fail"))
    eventually(
        lambda: notify.messages(reference=message.reference)[0]["status"] == "technical-failure"
    )
    postman.reconcile(hours=4)
    failed = reread(message)
    assert failed.status == Status.FAILED
    assert "could not hand it" in failed.reason
    assert log_of(child) == [SENT, FAILED]
    postman.reconcile(hours=4)
    assert log_of(child) == [SENT, FAILED]


@pytest.mark.parametrize(
    ("name", "status", "marked"),
    [("perm-fail", "permanent-failure", True), ("temp-fail", "temporary-failure", False)],
)
def test_failure_25_a_failed_delivery_is_visible_and_marks_only_dead_addresses(
    name, status, marked, queued, postman, post, apply, notify, child, clock
):
    parent = ParentFactory(organisation=child.organisation, email=to(name))
    message = queued(recipient=to(name), parent=parent)
    postman.send()
    eventually(lambda: notify.messages(reference=message.reference)[0]["status"] == status)
    post(receipt_for(reread(message), status=status))
    apply()
    assert reread(message).status == Status.FAILED
    assert log_of(child) == [SENT, FAILED]
    parent.refresh_from_db()
    assert parent.email_failed_at == (clock.now if marked else None)


def test_failure_19_a_lost_receipt_is_made_up_for_by_asking(sent, postman, notify):
    message = sent(recipient=to("receipt-never"))
    eventually(lambda: notify.messages(reference=message.reference)[0]["status"] == "delivered")
    postman.reconcile(hours=3, minutes=59)
    assert reread(message).status == Status.ACCEPTED
    postman.reconcile(minutes=1)
    assert reread(message).status == Status.DELIVERED


def test_what_never_becomes_final_is_asked_about_for_six_days(sent, postman, notify, clock):
    message = sent(recipient=to("stuck-sending"))
    eventually(lambda: notify.messages(reference=message.reference)[0]["status"] == "sending")

    def asked():
        return len([attempt for attempt in notify.attempts() if attempt["method"] == "GET"])

    postman.reconcile(hours=4)
    assert reread(message).status == Status.SENDING
    assert reread(message).next_look_at == clock.now + timedelta(hours=1)
    postman.reconcile(days=4)
    assert selectors.never_final(None, clock.now).count() == 0
    postman.reconcile(days=1)
    before = asked()
    assert selectors.never_final(None, clock.now).count() == 1
    postman.reconcile(days=2)
    assert reread(message).next_look_at is None
    postman.reconcile(days=1)
    assert asked() <= before + 1


def test_any_number_of_receipts_takes_the_same_queries(
    sent, post, apply, django_assert_max_num_queries, queued, postman
):
    for _ in range(12):
        queued()
    postman.send()
    for message in Message.objects.all():
        post(receipt_for(message))
    with django_assert_max_num_queries(25):
        apply()
    assert set(Message.objects.values_list("status", flat=True)) == {Status.DELIVERED}


# Posted by the sandbox itself.


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(
    "name",
    [
        "delivered",
        "receipt-twice",
        "receipt-early",
        "receipt-reversed",
        "receipt-forged",
        "receipt-foreign",
    ],
)
def test_whatever_receipts_come_the_message_ends_delivered(
    name, queued, postman, notify, live_server, apply, clock
):
    notify.change_service(callback_url=f"{live_server}{ADDRESS}", callback_token=TOKEN)
    message = queued(recipient=to(name))
    postman.send()

    eventually(lambda: Receipt.objects.exists())
    eventually(lambda: notify.invariants()["receipts_waiting"] == 0)
    apply()
    assert reread(message).status == Status.DELIVERED
    assert notify.invariants()["duplicate_references"] == []


def test_applied_receipts_are_forgotten_after_so_many_days_and_no_others(
    queued, postman, clock, notify, settings, monkeypatch
):
    settings.RECEIPTS_KEPT_DAYS = 90
    monkeypatch.setattr(receipts, "FORGET_BATCH", 2)
    kept_since = clock() - timedelta(days=90)
    for days, is_applied in [(200, True), (150, True), (91, True), (91, False), (89, True)]:
        received_at = clock() - timedelta(days=days)
        Receipt.objects.create(
            notify_id=uuid.uuid4(),
            status="delivered",
            received_at=received_at,
            applied_at=received_at if is_applied else None,
        )
    monkeypatch.setattr(tasks.clock, "now", clock)
    tasks.forget_receipts()
    tasks.forget_receipts()
    left = Receipt.objects.filter(received_at__lt=kept_since)
    assert [receipt.applied_at for receipt in left] == [None]
    assert Receipt.objects.count() == 2


def test_a_receipt_that_comes_again_after_it_was_forgotten_changes_nothing(
    queued, postman, post, clock
):
    message = queued(recipient=to("receipt-never"))
    postman.send()
    message = reread(message)
    post(receipt_for(message))
    receipts.apply_waiting(clock=clock)
    before = Message.objects.filter(pk=message.pk).values().get()
    log = log_of(message.child)
    receipts.forget(before=clock() + timedelta(days=1))
    assert not Receipt.objects.exists()
    post(receipt_for(message))
    receipts.apply_waiting(clock=clock)
    assert Message.objects.filter(pk=message.pk).values().get() == before
    assert log_of(message.child) == log
