"""A message is sent, looked up and read, as the contract has it."""

import uuid

import pytest

from tests.sandbox_process import SandboxProcess, eventually


@pytest.fixture
def email_template(sandbox: SandboxProcess) -> str:
    return sandbox.add_template(
        "test_email", "email", "Hi ((name))", subject='Invite for ((child name)) & "co"'
    )


def test_an_email_is_accepted_and_delivered(sandbox, email_template):
    client = sandbox.client()
    answer = client.send_email_notification(
        "Parent@Example.com",
        email_template,
        {"name": ["a", None, " ", "b"], "child name": "O'Neil & <b>"},
        reference="r1",
    )
    assert answer["content"]["subject"] == "Invite for O’Neil & <b> & “co”"
    assert answer["content"]["body"] == "Hi \n\n* a\n* b"
    assert uuid.UUID(answer["id"])
    [found] = client.get_all_notifications(reference="r1")["notifications"]
    assert found["id"] == answer["id"]
    assert found["email_address"] == "Parent@Example.com"
    eventually(lambda: client.get_notification_by_id(answer["id"])["status"] == "delivered")
