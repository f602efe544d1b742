"""The sandbox as a process: where it listens, what it keeps, what it must not know."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from notifications.sandbox import config as configuration
from notifications.sandbox.server import NotLoopback, check_loopback
from tests.sandbox_process import SERVICE_ID, SandboxProcess, eventually

ROOT = Path(__file__).parent.parent.parent
STRANGERS = """
import sys
import notifications.sandbox.server, notifications.sandbox.__main__
print(*sorted(
    name for name in sys.modules
    if name.split(".")[0] in {"django", "celery", "accounts", "cohorts", "mavis", "activity"}
    or name.startswith("notifications.") and not name.startswith("notifications.sandbox")
))
"""


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "notifications.sandbox", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=20,
    )


def test_it_stands_alone():
    found = subprocess.run(
        [sys.executable, "-c", STRANGERS], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert found.stdout.strip() == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com", ""])
def test_any_address_but_a_loopback_one_is_refused(host):
    with pytest.raises(NotLoopback):
        check_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_addresses_are_fine(host):
    check_loopback(host)


def test_a_refusal_to_start_is_one_sentence(tmp_path):
    found = run("--host", "0.0.0.0", "--data", str(tmp_path / "data"))
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr == (
        "The Notify sandbox only listens on a loopback address such as 127.0.0.1, not 0.0.0.0.\n"
    )


def test_a_taken_port_is_one_sentence(sandbox, tmp_path):
    port = sandbox.base_url.rsplit(":", 1)[1]
    found = run("--port", port, "--data", str(tmp_path / "data"))
    assert found.returncode == 1
    assert found.stderr == "The Notify sandbox cannot start: Address already in use.\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("services = [", "is not valid TOML"),
        ("time_scale = 2", "it names no service"),
        (
            'template_namespace = "x"\n[[services]]\nid = "5a4db0c5-0000-4000-8000-000000000001"\n'
            'name = "A"',
            "is not complete",
        ),
        (
            f'[[services]]\nid = "{SERVICE_ID}"\nname = "A"\n[[services.keys]]\nname = "k"\n'
            'type = "master"\nsecret = "s"',
            "key type master is not one of normal, team, test",
        ),
    ],
)
def test_a_configuration_that_cannot_be_used_is_explained(tmp_path, text, problem):
    path = tmp_path / "sandbox.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(configuration.ConfigError, match=problem):
        configuration.load(path)


def test_a_missing_configuration_is_one_sentence(tmp_path):
    found = run("--config", str(tmp_path / "none.toml"))
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1
    assert "cannot be read" in found.stderr


def test_the_default_service_has_one_key_of_each_type():
    [service] = configuration.load().services
    assert service.id == SERVICE_ID
    assert sorted(key.type for key in service.keys) == ["normal", "team", "test"]
    assert service.api_key("test") == SandboxProcess.api_key("test")


def test_messages_and_what_is_due_survive_a_restart(tmp_path, sandbox):
    first = SandboxProcess(tmp_path)
    first.change_service(final_after_s=60)
    template = first.add_template("kept", "sms", "Hello")
    sent = first.client().send_sms_notification("07912345678", template, reference="kept")
    first.stop()
    second = SandboxProcess(tmp_path)
    try:
        client = second.client()
        [found] = client.get_all_notifications(reference="kept")["notifications"]
        assert found["id"] == sent["id"]
        eventually(lambda: client.get_notification_by_id(sent["id"])["status"] == "delivered")
        assert client.get_template(template)["version"] == 1
    finally:
        second.stop()


def test_the_clock_can_be_moved_and_hurried(sandbox):
    sandbox.move_clock(offset_s=-3600, speed=2)
    shown = sandbox.control("GET", "clock")
    assert shown["offset_s"] == pytest.approx(-3600, abs=60)
    assert shown["speed"] == 2
    sandbox.reset()
    assert sandbox.control("GET", "clock")["offset_s"] == pytest.approx(0, abs=1)


def test_what_is_unknown_is_refused_with_a_sentence(sandbox):
    for path, document, sentence in [
        ("service", {"colour": "red"}, "unknown settings: colour"),
        ("service", {"service_id": "x"}, "No service has the id x"),
        ("service", {"permissions": ["fax"]}, "permission fax is not one of"),
        ("clock", {"speed": 0}, "speed is a number above 0"),
        ("templates", {"channel": "sms", "name": "a"}, "body is missing"),
        ("templates", {"channel": "fax", "name": "a", "body": "b"}, "channel is email or sms"),
        ("messages/x/receipt", {}, "No message has this id"),
        ("faults", [1], "The body is not a JSON object"),
    ]:
        answer = requests.post(f"{sandbox.base_url}/_sandbox/{path}", json=document, timeout=30)
        assert answer.status_code in (400, 404)
        assert answer.json()["error"].startswith(sentence)
