"""Templates filled in, and what a text costs. Source: Notify §9 and the vectors of §14.4."""

import pytest

from notifications.sandbox import emails, placeholders, texts
from tests.sandbox.conftest import refusal

PHONE = "07912345678"
ADDRESS = "parent@example.com"


@pytest.fixture
def send_text(sandbox):
    """The body of a text with this template and these values, as the 201 has it."""

    def send(body, **values):
        template = sandbox.add_template("text_under_test", "sms", body)
        answer = sandbox.client().send_sms_notification(PHONE, template, values)
        return answer["content"]["body"]

    return send


@pytest.fixture
def send_email(sandbox):
    def send(body, *, subject="Subject", **values):
        template = sandbox.add_template("email_under_test", "email", body, subject=subject)
        return sandbox.client().send_email_notification(ADDRESS, template, values)["content"]

    return send


@pytest.mark.parametrize(
    "name", ["child name", "Child Name", "child_name", "CHILD-NAME", "childname"]
)
def test_names_match_whatever_their_case_spaces_and_dashes(send_text, name):
    assert send_text("Hi ((child name))", **{name: "Ada"}) == "Hi Ada"


def test_of_two_names_that_are_one_the_last_wins(send_text):
    assert send_text("Hi ((name))", Name="Ada", name="Bo") == "Hi Bo"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Ada", "Ada"),
        (True, "True"),
        (12.5, "12.5"),
        (7, "7"),
        ("", ""),
        ("((x))", "((x))"),
        ({"a": 1}, "{'a': 1}"),
        (["a", None, " ", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        ([], ""),
    ],
)
def test_values_become_text(send_text, value, shown):
    assert send_text("[((value))]", value=value, unused="x") == f"[{shown}]"


@pytest.mark.parametrize("value", ["yes", "Y", "true", "t", "1", "include", "SHOW", True, 1])
def test_conditional_text_is_shown(send_text, value):
    assert send_text("A((flag??, shown)).", flag=value) == "A, shown."


@pytest.mark.parametrize("value", ["no", "on", "", "anything", False, 0, []])
def test_conditional_text_is_hidden(send_text, value):
    assert send_text("A((flag??, shown)).", flag=value) == "A."


def test_missing_values_are_all_named_subject_first(sandbox):
    template = sandbox.add_template(
        "needs", "email", "((date)) ((name)) ((flag??x))", subject="For ((name))"
    )
    client = sandbox.client()
    assert refusal(lambda: client.send_email_notification(ADDRESS, template, {"date": None})) == (
        400,
        [("BadRequestError", "Missing personalisation: name, date, flag")],
    )


def test_vector_the_subject_is_set_with_typography(send_email):
    content = send_email(
        "Hello", subject='Invite for ((child name)) & "co"', **{"child name": "O'Neil & <b>"}
    )
    assert content["subject"] == "Invite for O’Neil & <b> & “co”"


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("One\ntwo", "One two"),
        ("Monday - Friday", "Monday – Friday"),
        ("Well , then .", "Well, then."),
        ("'Quoted' and \"double\"", "‘Quoted’ and “double”"),
        ("((list))", "a and b"),
        ("((empty))", ""),
    ],
)
def test_subjects_are_one_tidy_line(send_email, subject, shown):
    content = send_email("Hello", subject=subject, list=["a", "b"], empty="")
    assert content["subject"] == shown


def test_vector_a_list_becomes_bullets_in_an_email(send_email):
    assert send_email("Hi ((name))", name=["a", None, " ", "b"])["body"] == "Hi \n\n* a\n* b"


def test_personal_data_is_not_escaped(send_email):
    assert send_email("Hi ((name))", name="[x](http://x.example)")["body"] == (
        "Hi [x](http://x.example)"
    )


def test_named_values_are_sanitised_and_it_shows_in_the_subject(sandbox):
    template = sandbox.add_template("safe", "email", "Hi ((name))", subject="For ((name))")
    client = sandbox.client()
    answer = client.send_email_notification(
        ADDRESS, template, {"name": "Anne-Marie (Bob)"}, sanitise_content_for=["name"]
    )
    assert answer["sanitised_content"] == {
        "name": {"unsanitised": "Anne-Marie (Bob)", "sanitised": r"Anne&#45;Marie \(Bob\)"}
    }
    assert answer["content"]["subject"] == r"For Anne&#45;Marie \(Bob\)"
    plain = client.send_email_notification(ADDRESS, template, {"name": "Jo"})
    assert plain["sanitised_content"] == {}
    broken = refusal(
        lambda: client.send_email_notification(
            ADDRESS, template, {"name": 5}, sanitise_content_for=["name"]
        )
    )
    assert broken == (500, [("TypeError", "Internal server error")])


def test_links_are_removed_from_sanitised_values():
    safe, _ = placeholders.sanitise({"name": "Jo http://x.example/a *b*"}, ["name"])
    assert safe == {"name": r"Jo  \*b\*"}


def test_an_empty_message_is_refused(sandbox):
    text = sandbox.add_template("empty", "sms", "((text)) \n")
    email = sandbox.add_template("empty", "email", "((text))", subject="Subject")
    client = sandbox.client()
    expected = (400, [("BadRequestError", "Your message is empty.")])
    assert refusal(lambda: client.send_sms_notification(PHONE, text, {"text": " "})) == expected
    assert refusal(lambda: client.send_email_notification(ADDRESS, email, {"text": []})) == expected


def test_vector_a_text_is_made_showable(send_text):
    body = send_text("((text))", text="a – b “q” … é ñ ŵ 漢 😀\tx")
    assert body == 'a - b "q" ... é ñ ŵ ? ? x'


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a  b\u00a0c", "a b c"),
        ("a , b .", "a, b."),
        ("a\n\n\n\nb", "a\n\nb"),
        ("  a  \n  b  ", "a\nb"),
        ("zero\u200bwidth", "zerowidth"),
        ("ç ã ő Č", "c a o C"),
        ("àäåæèéìñòöøùüßÄÅÆÇÉÑÖØÜ", "àäåæèéìñòöøùüßÄÅÆÇÉÑÖØÜ"),
        ("‘single’", "'single'"),
        ("ŷÂÏẁ", "ŷÂÏẁ"),
        ("{^€}", "{^€}"),
    ],
)
def test_text_characters(typed, shown):
    assert texts.normalise(typed) == shown


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("x" * 918, 6),
        ("^" * 80, 1),
        ("^" * 81, 2),
        ("ŵ" * 70, 1),
        ("ŵ" * 71, 2),
        ("ŵ" * 134, 2),
        ("ŵ" * 135, 3),
        ("ŵ" * 918, 14),
        ("é" * 160, 1),
    ],
)
def test_vector_fragments(sandbox, text, fragments):
    sandbox.change_service(prefix_sms=False)
    template = sandbox.add_template("counted", "sms", "((text))")
    sandbox.client().send_sms_notification(PHONE, template, {"text": text})
    assert sandbox.messages()[0]["fragments"] == fragments


def test_the_prefix_counts_for_fragments_and_not_for_the_limit(sandbox):
    template = sandbox.add_template("counted", "sms", "((text))")
    answer = sandbox.client().send_sms_notification(PHONE, template, {"text": "x" * 918})
    assert answer["content"]["body"] == "x" * 918
    [message] = sandbox.messages()
    assert message["sent_text"] == "School vaccinations: " + "x" * 918
    assert message["fragments"] == 7


@pytest.mark.parametrize(("text", "length"), [("x" * 919, 919), ("…" * 307, 921)])
def test_vector_a_text_beyond_918_characters_is_too_long(sandbox, text, length):
    template = sandbox.add_template("counted", "sms", "((text))")
    client = sandbox.client()
    assert refusal(lambda: client.send_sms_notification(PHONE, template, {"text": text})) == (
        400,
        [
            (
                "BadRequestError",
                "Your message is too long. Text messages cannot be longer than 918 characters. "
                f"Your message is {length} characters long.",
            )
        ],
    )


def test_vector_an_email_beyond_two_million_bytes_is_too_long(sandbox):
    template = sandbox.add_template("counted", "email", "((text))", subject="Long")
    client = sandbox.client()
    text = "é" + "x" * 1_999_999
    assert refusal(lambda: client.send_email_notification(ADDRESS, template, {"text": text})) == (
        400,
        [
            (
                "BadRequestError",
                "Your message is too long. Emails cannot be longer than 2000000 bytes. "
                "Your message is 2000001 bytes.",
            )
        ],
    )
    assert client.send_email_notification(ADDRESS, template, {"text": text[:-1]})["id"]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# Heading", "<h2>Heading</h2>\n"),
        ("##Smaller", "<h3>Smaller</h3>\n"),
        ("### Too small", "<p>Too small</p>\n"),
        ("* a\n* b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("• a", "<ul>\n<li>a</li>\n</ul>\n"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        ("^ Inset", "<blockquote>\n<p>Inset</p>\n</blockquote>\n"),
        ("> no inset", "<p>&gt; no inset</p>\n"),
        ("a\n\n---\n\nb", "<p>a</p>\n<hr>\n<p>b</p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("*not* **bold** `code`", "<p>*not* **bold** `code`</p>\n"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("[a](https://b.example)", '<p><a href="https://b.example">a</a></p>\n'),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        (
            "See https://b.example/x?a=1&b=2.",
            '<p>See <a href="https://b.example/x?a=1&amp;b=2">https://b.example/x?a=1&amp;b=2</a>'
            ".</p>\n",
        ),
        (r"Anne&#45;Marie \(Bob\)", "<p>Anne-Marie (Bob)</p>\n"),
    ],
)
def test_an_email_is_a_small_part_of_markdown(markdown, html):
    assert emails.to_html(markdown) == html


def test_links_of_a_message_are_found_in_order():
    body = "https://a.example/1, [b](https://b.example) and https://a.example/1 (https://c.example)"
    assert emails.links_in(body) == [
        "https://a.example/1",
        "https://b.example",
        "https://c.example",
    ]
