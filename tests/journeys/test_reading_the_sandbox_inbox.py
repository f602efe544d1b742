"""The inbox of the Notify sandbox, wide and narrow, for everybody."""

import os
from pathlib import Path

import pytest

from tests.journeys.browser import WIDE, Visitor
from tests.sandbox_process import eventually

EMAIL = """Dear ((parent)),

# When and where

^ Tuesday 12 January, 9am to 3pm, at the library

* bring your child's red book
* wear short sleeves

1. Choose a time
2. Tell us who comes

[Choose a time](https://book.example/clinics?week=2)

---

Questions? Write to https://team.example/contact-us-about-a-very-long-address-that-must-wrap
"""


@pytest.fixture
def reader(browser, sandbox):
    """Somebody who reads the inbox without JavaScript of the page's own."""
    context = browser.new_context(base_url=sandbox.base_url, viewport=WIDE, bypass_csp=True)
    context.set_default_timeout(60_000)
    pictures = os.environ.get("SCREENSHOTS")
    yield Visitor(context.new_page(), "sandbox-inbox", Path(pictures) if pictures else None)
    context.close()


def test_messages_are_found_and_read(sandbox, reader):
    email = sandbox.add_template(
        "invitation", "email", EMAIL, subject="Book a vaccination for ((child))"
    )
    text = sandbox.add_template(
        "invitation", "sms", "Book a vaccination for ((child)): https://book.example/clinics"
    )
    client = sandbox.client()
    values = {"parent": "Sam Example", "child": "Alex Example"}
    client.send_email_notification("sam@example.com", email, values, reference="one")
    client.send_sms_notification("07700900123", text, values, reference="two")
    client.send_sms_notification("07700900521", text, values, reference="three")
    client.send_email_notification("robin@example.com", email, values, reference="one")
    for _ in range(60):
        client.send_sms_notification("07700900124", text, values)
    eventually(lambda: sandbox.messages(status="temporary-failure"))

    reader.go("/")
    reader.sees_heading("Inbox")
    reader.sees("Messages 1 to 50 of 64, newest first")
    reader.check_page()
    reader.click("Older")
    reader.sees("Duplicate")
    reader.check_page()

    reader.fill("Recipient", "sam@")
    reader.click("Filter")
    reader.sees("1 message")
    reader.click("Book a vaccination for Alex Example to sam@example.com")
    reader.sees_heading("Book a vaccination for Alex Example")
    reader.sees("When and where")
    reader.sees("was accepted more than once")
    reader.page.get_by_text("Request and text as data").click()
    reader.check_page()

    reader.go("/_sandbox/?channel=sms&recipient=900123")
    reader.page.get_by_role("link", name="to 07700 900123").click()
    reader.sees_heading("Text message to 07700 900123")
    reader.sees("1 fragment")
    reader.check_page()
