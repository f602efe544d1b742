"""The inbox: every message as its recipient would see it. Source: Notify §14.3."""

import html5lib
import pytest
import requests

from tests.sandbox_process import TIME_SCALE, eventually

NAMESPACE = "{http://www.w3.org/1999/xhtml}"
HOSTILE = '<script>alert(1)</script> & "friends"'


@pytest.fixture
def read(sandbox):
    """Fetch a page of the sandbox, check its soundness, and give its tree."""

    def read(path="/_sandbox/", status=200):
        answer = requests.get(sandbox.base_url + path, timeout=30)
        assert answer.status_code == status
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=True).parse(answer.text)
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        [heading] = tree.iter(f"{NAMESPACE}h1")
        assert "Sandbox: nothing is sent." in words(tree)
        assert heading is not None
        return tree

    return read


def words(element):
    return " ".join("".join(element.itertext()).split())


def links(tree):
    return [element.get("href") for element in tree.iter(f"{NAMESPACE}a")]


def items(tree):
    """The messages listed on a page of the inbox."""
    [found] = [
        element for element in tree.iter(f"{NAMESPACE}ol") if element.get("class") == "messages"
    ]
    return [words(item) for item in found.iter(f"{NAMESPACE}li")]


def test_an_empty_inbox_says_so(read):
    assert "No messages yet" in words(read())


def test_the_inbox_is_newest_first(sandbox, read, text_template, email_template):
    client = sandbox.client()
    client.send_sms_notification("07700900123", text_template)
    client.send_email_notification("ada@example.com", email_template)
    eventually(lambda: len(sandbox.messages(status="delivered")) == 2)
    first, second = items(read())
    assert first.startswith("Email Delivered Greeting")
    assert "ada@example.com" in first
    assert second.startswith("Text message Delivered School vaccinations: Hello")
    assert "07700 900123" in second


def test_what_was_accepted_twice_is_marked(sandbox, read, text_template):
    client = sandbox.client()
    first = client.send_sms_notification("07700900123", text_template, reference="a")["id"]
    client.send_sms_notification("07700900124", text_template, reference="b")
    second = client.send_sms_notification("07700900125", text_template, reference="a")["id"]
    marked = ["Duplicate" in item for item in items(read())]
    assert marked == [True, False, True]
    page = read(f"/_sandbox/messages/{first}")
    assert "accepted more than once" in words(page)
    assert f"/_sandbox/messages/{second}" in links(page)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("recipient=ADA", ["ada@example.com"]),
        ("recipient=900123", ["07700 900123"]),
        ("recipient=447700900123", ["07700 900123"]),
        ("recipient=07700+900+123", ["07700 900123"]),
        ("recipient=%2B44+7700+900123", ["07700 900123"]),
        ("recipient=%25", []),
        ("reference=r-ada", ["ada@example.com"]),
        ("channel=sms", ["07700 900123"]),
        ("channel=email&status=delivered", ["bo@example.com", "ada@example.com"]),
        ("status=sending", []),
        ("template={email}", ["bo@example.com", "ada@example.com"]),
    ],
)
def test_filters(sandbox, read, text_template, email_template, query, expected):
    client = sandbox.client()
    client.send_sms_notification("07700 900123", text_template, reference="r-text")
    client.send_email_notification("ada@example.com", email_template, reference="r-ada")
    client.send_email_notification("bo@example.com", email_template, reference="r-bo")
    eventually(lambda: len(sandbox.messages(status="delivered")) == 3)
    query = query.format(email=email_template)
    tree = read(f"/_sandbox/?{query}")
    if not expected:
        assert "No message fits these filters" in words(tree)
        return
    found = items(tree)
    assert len(found) == len(expected)
    for item, recipient in zip(found, expected, strict=True):
        assert recipient in item


def test_pages_keep_the_filters(sandbox, read, text_template):
    sandbox.change_service(rate_limiting=False)
    client = sandbox.client()
    for number in range(1, 52):
        client.send_sms_notification(f"0770090{number:04}", text_template)
    first = read("/_sandbox/?channel=sms")
    assert len(items(first)) == 50
    assert "Messages 1 to 50 of 51" in words(first)
    assert "/_sandbox/?channel=sms&page=2" in links(first)
    second = read("/_sandbox/?channel=sms&page=2")
    assert len(items(second)) == 1
    assert "/_sandbox/?channel=sms&page=1" in links(second)
    assert items(read("/_sandbox/?page=99")) == items(second)
    assert items(read("/_sandbox/?page=x")) == items(read())


def test_an_email_is_shown_as_it_is_read(sandbox, read):
    template = sandbox.add_template(
        "invitation",
        "email",
        "# Come, ((name))\n\n* one\n* two\n\n[Book](https://book.example/x)\n\n"
        "or https://bare.example/y?a=1&b=2",
        subject="For ((name))",
    )
    message_id = sandbox.client().send_email_notification(
        "ada@example.com",
        template,
        {"name": HOSTILE},
        one_click_unsubscribe_url="https://unsubscribe.example/z",
    )["id"]
    tree = read(f"/_sandbox/messages/{message_id}")
    text = words(tree)
    for part in (
        *("School vaccinations", "ada@example.com", "vaccinations@example.com"),
        *("For <script>alert(1)</script> & “friends”", "Come, <script>alert(1)</script>"),
    ):
        assert part in text
    assert list(tree.iter(f"{NAMESPACE}script")) == []
    for link in ("https://book.example/x", "https://bare.example/y?a=1&b=2"):
        assert links(tree).count(link) == 2
    assert "https://unsubscribe.example/z" in links(tree)


def test_a_text_is_shown_as_on_a_phone(sandbox, read):
    template = sandbox.add_template(
        "text", "sms", "Dear ((name)), see https://book.example/x – now"
    )
    message_id = sandbox.client().send_sms_notification(
        "07700900123", template, {"name": "Ada 漢 <b>"}
    )["id"]
    tree = read(f"/_sandbox/messages/{message_id}")
    text = words(tree)
    assert "School vaccinations: Dear Ada ? <b>, see https://book.example/x - now" in text
    assert "1 fragment, " in text
    assert "A phone cannot show every character" in text
    assert links(tree).count("https://book.example/x") == 2


def test_the_receipts_of_a_message_are_listed(sandbox, callback, read, text_template):
    callback.answers["/receipts"] = [500]
    sandbox.change_service(receipt_retry_s=0.02 * TIME_SCALE)
    message_id = sandbox.client().send_sms_notification("07700900123", text_template)["id"]
    eventually(lambda: len(callback.requests) == 6)
    eventually(lambda: sandbox.invariants()["receipts_undelivered"])
    text = words(read(f"/_sandbox/messages/{message_id}"))
    assert "attempt 1: to be repeated (500)" in text
    assert "attempt 6: given up (500)" in text


def test_a_message_that_is_not_there(read):
    assert "Message not found" in words(read("/_sandbox/messages/x", status=404))


def test_the_address_alone_leads_to_the_inbox(sandbox):
    for path in ("/", "/_sandbox"):
        answer = requests.get(sandbox.base_url + path, timeout=30)
        assert answer.url == f"{sandbox.base_url}/_sandbox/"


def test_the_inbox_as_data_since_an_instant(sandbox, text_template):
    client = sandbox.client()
    client.send_sms_notification("07700900123", text_template, reference="before")
    since = sandbox.messages()[0]["created_at"]
    client.send_sms_notification("07700900124", text_template, reference="after")
    assert [each["reference"] for each in sandbox.messages(since=since)] == ["after", "before"]
    [message] = sandbox.messages(reference="after")
    assert message["raw_request"]["phone_number"] == "07700900124"
    assert not message["is_duplicate"]
    wrong = requests.get(f"{sandbox.base_url}/_sandbox/messages.json?since=yesterday", timeout=30)
    assert wrong.status_code == 400
