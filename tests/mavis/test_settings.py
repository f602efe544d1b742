"""Settings come from the environment; what is wrong with it is said in one sentence."""

import ast
import os
import re
import string
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from mavis.celery import app
from mavis.settings import base
from mavis.settings.reader import Reader, read_file
from notifications.sandbox import config as configuration

ROOT = Path(settings.BASE_DIR)
# The machine's own, not settings of Mavis.
FOREIGN = {"PATH", "NO_COLOR", "MAKELEVEL"}

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": string.printable[:60],
    "DATABASE_URL": "postgresql://user:password@database/mavis",
    "REDIS_URL": "redis://broker:6379/0",
    "SITE_URL": "https://mavis.example.com",
    "ALLOWED_HOSTS": "mavis.example.com",
    "NOTIFY_BASE_URL": "https://api.notify.example.com",
    "NOTIFY_API_KEY": "mavis-" + "-".join([str(uuid.UUID(int=1))] * 2),
    "NOTIFY_CALLBACK_TOKENS": "a-long-token",
    **{
        name: str(uuid.UUID(int=2))
        for name in base.env.asked
        if name.startswith("NOTIFY_TEMPLATE_")
    },
}


def variables_read() -> set[str]:
    """What the settings ask for, the names in `os.environ.get("NAME")` of the local stack, and
    those in `${NAME}` of compose.yaml.
    """
    names = set(base.env.asked)
    names.update(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    for source in (ROOT / "mavis" / "local").glob("*.py"):
        for call in ast.walk(ast.parse(source.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "os.environ.get":
                names.add(ast.literal_eval(call.args[0]))
    return names - FOREIGN


def variables_listed() -> dict[str, str]:
    """Each variable of `.env.example` with the comment above it."""
    listed, comment = {}, ""
    for line in (ROOT / ".env.example").read_text().splitlines():
        if line.startswith("#"):
            comment = line.removeprefix("#").strip()
        elif line:
            listed[line.partition("=")[0]] = comment
            comment = ""
    return listed


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """Run manage.py in a fresh process that knows only these variables."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_lists_exactly_the_variables_that_are_read():
    assert set(variables_listed()) == variables_read()


def test_the_example_explains_each_variable_in_a_line_of_its_own():
    assert [name for name, comment in variables_listed().items() if not comment] == []


def test_the_example_marks_what_production_requires():
    marked = {name for name, comment in variables_listed().items() if "Required." in comment}
    assert marked == set(PRODUCTION) - {"ENVIRONMENT"}


def test_production_starts_with_what_it_requires_and_is_secure():
    done = manage("check", "--deploy", "--tag", "security", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "security." not in done.stderr


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"ENVIRONMENT"}))
def test_production_refuses_to_start_without(name):
    done = manage("check", **{**PRODUCTION, name: ""})
    assert done.returncode == 1
    assert done.stderr == f"{name} must be set: .env.example says what it is.\n"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MAVIS_TODAY", "2027-01-12", "MAVIS_TODAY moves the clock of a local run only."),
        ("DEBUG", "true", "DEBUG shows the inside of the service: a local run only."),
        (
            "CLOCK_FROM",
            "2027-01-12T09:30:00+00:00",
            "CLOCK_FROM and CLOCK_SPEED are for rehearsals on one machine only.",
        ),
        (
            "CLOCK_SPEED",
            "20",
            "CLOCK_FROM and CLOCK_SPEED are for rehearsals on one machine only.",
        ),
    ],
)
def test_production_refuses_what_is_for_local_runs(name, value, sentence):
    done = manage("check", **{**PRODUCTION, name: value})
    assert done.returncode == 1
    assert done.stderr == f"{sentence}\n"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"CLOCK_SPEED": "20"}, "CLOCK_FROM must be set when CLOCK_SINCE or CLOCK_SPEED is."),
        (
            {"CLOCK_FROM": "2027-01-12T09:30:00Z", "CLOCK_SPEED": "0.5"},
            "CLOCK_SPEED must be 1 or more.",
        ),
    ],
)
def test_a_rehearsals_clock_is_whole_and_never_slow(variables, sentence):
    done = manage("check", **variables)
    assert done.returncode == 1
    assert done.stderr == f"{sentence}\n"


@pytest.fixture
def env(monkeypatch):
    """Reads one variable after setting it."""

    def read(kind, value, *arguments, **options):
        monkeypatch.setenv("THING", value)
        return getattr(Reader(), kind)("THING", *arguments, **options)

    return read


@pytest.mark.parametrize(
    ("kind", "arguments", "value", "must"),
    [
        ("bool", (), "maybe", "true or false"),
        ("int", (), "ten", "a whole number"),
        ("int", (), "-1", "a whole number"),
        ("int", (), "1.5", "a whole number"),
        ("float", (), "1,5", "a number"),
        ("day", (), "12/01/2027", "a date like 2027-01-12"),
        ("day", (), "2027-02-30", "a date like 2027-01-12"),
        ("instant", (), "2027-01-12", "an instant like 2027-01-12T09:30:00+00:00"),
        ("one_of", (("local", "production"), "local"), "test", "local or production"),
        ("one_of", (("one", "two", "three"), "one"), "four", "one, two or three"),
        ("address", (), "mavis.example.com", "a web address that begins with https://"),
        ("redis", (), "localhost:6379", "an address like redis://host:6379/0"),
        (
            "postgresql",
            (),
            "mysql://user@host/database",
            "an address like postgresql://user:password@host:5432/database",
        ),
    ],
)
def test_a_value_that_cannot_be_understood_is_refused(env, kind, arguments, value, must):
    with pytest.raises(ImproperlyConfigured) as refusal:
        env(kind, value, *arguments)
    assert str(refusal.value) == f"THING must be {must}."


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("bool", "Yes", True),
        ("bool", "0", False),
        ("int", " 60 ", 60),
        ("float", "2.5", 2.5),
        ("list", "one.example.com, two.example.com,", ["one.example.com", "two.example.com"]),
        ("address", "https://mavis.example.com/", "https://mavis.example.com"),
        ("redis", "rediss://:word@host:6379/2", "rediss://:word@host:6379/2"),
    ],
)
def test_a_value_is_understood(env, kind, value, read):
    assert env(kind, value) == read


def test_an_empty_variable_counts_as_missing(env):
    assert env("int", " ", default=7) == 7


def test_a_database_address_may_name_a_socket(env):
    database = env("postgresql", "postgresql://postgres:@/mavis?host=/some%20place")
    assert database["NAME"] == "mavis"
    assert database["OPTIONS"] == {"host": "/some place"}


def test_a_broken_line_of_the_file_is_named(tmp_path):
    file = tmp_path / ".env"
    file.write_text("# fine\n\nexport ALSO=fine\nnot an assignment\n")
    with pytest.raises(ImproperlyConfigured) as refusal:
        read_file(Reader(), file)
    assert str(refusal.value) == "Line 4 of .env must be like NAME=value."


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "windows-1252"])
def test_a_file_in_another_encoding_is_one_sentence(tmp_path, encoding):
    file = tmp_path / ".env"
    file.write_bytes("NOTE=Zoë\nDEBUG=true\n".encode(encoding))
    with pytest.raises(ImproperlyConfigured) as refusal:
        read_file(Reader(), file)
    assert str(refusal.value) == ".env is not in UTF-8: save it as UTF-8."


def test_a_mark_before_utf_8_is_no_part_of_a_name(tmp_path, monkeypatch):
    monkeypatch.setattr(Reader, "ENVIRON", {})
    file = tmp_path / ".env"
    file.write_bytes("NOTE=Zoë\nOTHER='a b'\n".encode("utf-8-sig"))
    read_file(Reader(), file)
    assert Reader.ENVIRON == {"NOTE": "Zoë", "OTHER": "a b"}


def test_a_local_run_names_the_templates_of_the_sandbox():
    sandbox = configuration.load()
    assert {
        name: str(uuid.uuid5(sandbox.template_namespace, name)) for name in base.NOTIFY_TEMPLATE_IDS
    } == base.NOTIFY_TEMPLATE_IDS
    assert sandbox.services[0].api_key("normal") == base.NOTIFY_API_KEY


def test_workers_wait_for_a_broker_that_is_gone_however_long():
    assert app.conf.broker_connection_max_retries is None


def test_no_query_is_compiled(db):
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
