"""Templates: from files, in versions, and as the API shows them. Source: Notify §3 and §9."""

import uuid

import pytest

from notifications.sandbox.templates import TemplateError, parse, template_id
from tests.sandbox.conftest import errors_of, refusal
from tests.sandbox_process import NAMESPACE, SERVICE_ID, SandboxProcess, eventually

INVITATION = "---\ntitle: Clinic invitation\nsubject: For ((name)): come\n---\n\n# Hello ((name))\n"


def read(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return parse(path, service_id=SERVICE_ID, namespace=NAMESPACE)


def test_a_file_is_a_template(tmp_path):
    found = read(tmp_path, "clinic_invitation.email.md", INVITATION)
    assert found.id == str(uuid.uuid5(NAMESPACE, "clinic_invitation.email"))
    assert (found.channel, found.name) == ("email", "Clinic invitation")
    assert (found.subject, found.body) == ("For ((name)): come", "# Hello ((name))")
    text = read(tmp_path, "clinic_invitation.text.md", "---\ntitle: T\n---\nHello\n---\nBye\n")
    assert (text.channel, text.subject, text.body) == ("sms", "", "Hello\n---\nBye")


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("invitation.md", INVITATION, "is not named"),
        ("a.email.md", "Hello", "has no front matter"),
        ("a.email.md", "---\ntitle: A\n---\nHello", "has no subject"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, name, text, problem):
    with pytest.raises(TemplateError, match=problem):
        read(tmp_path, name, text)


def test_files_are_served_and_a_changed_one_is_the_next_version(tmp_path):
    folder = tmp_path / "wording"
    folder.mkdir()
    path = folder / "invitation.email.md"
    path.write_text(INVITATION, encoding="utf-8")
    process = SandboxProcess(tmp_path, "--templates-dir", str(folder))
    try:
        client = process.client()
        the_id = template_id(NAMESPACE, "invitation.email")
        assert client.get_template(the_id)["version"] == 1
        path.write_text(INVITATION.replace("Hello", "Good day"), encoding="utf-8")
        eventually(lambda: client.get_template(the_id)["version"] == 2)
        assert client.get_template(the_id)["body"] == "# Good day ((name))"
        assert client.get_template_version(the_id, 1)["body"] == "# Hello ((name))"
        sent = client.send_email_notification("a@example.com", the_id, {"name": "Ada"})
        assert sent["template"]["version"] == 2
        path.unlink()
        eventually(lambda: client.get_all_templates()["templates"] == [])
    finally:
        process.stop()


def test_a_template_as_the_api_shows_it(sandbox):
    the_id = sandbox.add_template(
        "shown", "email", "((name)) ((flag??x))", subject="For ((child name))"
    )
    found = sandbox.client().get_template(the_id)
    assert found.pop("created_at")
    assert found == {
        "id": the_id,
        "type": "email",
        "name": "shown",
        "body": "((name)) ((flag??x))",
        "subject": "For ((child name))",
        "version": 1,
        "updated_at": None,
        "created_by": "sandbox@example.com",
        "personalisation": {
            "child name": {"required": True},
            "name": {"required": True},
            "flag": {"required": True},
        },
        "postage": None,
        "letter_contact_block": None,
    }


def test_templates_that_are_not_there(sandbox, raw, text_template):
    client = sandbox.client()
    unknown = "5a4db0c5-0000-4000-8000-00000000dddd"
    nothing = (404, [("NoResultFound", "No result found")])
    assert refusal(lambda: client.get_template(unknown)) == nothing
    assert refusal(lambda: client.get_template_version(text_template, 99)) == nothing
    assert refusal(lambda: client.post_template_preview(unknown, {})) == nothing
    assert errors_of(raw("GET", "/v2/template/x")) == [
        ("ValidationError", "id is not a valid UUID")
    ]
    assert errors_of(raw("GET", "/v2/templates?type=x")) == [
        ("ValidationError", "type x is not one of [sms, email, letter]")
    ]


def test_all_templates_by_type(sandbox, email_template, text_template):
    client = sandbox.client()

    def ids(**filters):
        return {each["id"] for each in client.get_all_templates(**filters)["templates"]}

    assert {email_template, text_template} <= ids()
    assert email_template in ids(template_type="email")
    assert text_template not in ids(template_type="email")


def test_a_preview_sends_nothing(sandbox):
    the_id = sandbox.add_template("preview", "email", "# Hi ((name))", subject="For ((name))")
    client = sandbox.client()
    assert client.post_template_preview(the_id, {"name": "Ada"}) == {
        "id": the_id,
        "type": "email",
        "version": 1,
        "body": "# Hi Ada",
        "html": "<h2>Hi Ada</h2>\n",
        "subject": "For Ada",
        "postage": None,
    }
    assert refusal(lambda: client.post_template_preview(the_id, {})) == (
        400,
        [("BadRequestError", "Missing personalisation: name")],
    )
    assert sandbox.messages() == []
