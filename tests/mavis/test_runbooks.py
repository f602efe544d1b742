"""What the guides for operators tell people to type, set and look for exists under that name."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from heartbeats.timetable import timetable

FOLDER = settings.BASE_DIR / "docs" / "operations"
GUIDES = {path.name: path.read_text() for path in sorted(FOLDER.glob("*.md"))}
CODE = re.compile(r"`([^`\n]+)`")
COMPOSE = re.compile(r"docker compose (\w+)([^`\n]*)")
TAKES_A_VALUE = {"--volume", "--scale"}
COMMAND = re.compile(r"manage\.py ([a-z_]+)([^`\n]*)")
SETTING = re.compile(r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$")
LINK = re.compile(r"\]\(([^)#]+\.(?:md|yml))\)")
# What the log says, and what pages call things, where a guide quotes it.
SOURCES = [
    path.read_text()
    for app in ("notifications", "heartbeats", "templates", "mavis", "sessions_app")
    for suffix in ("py", "html")
    for path in (settings.BASE_DIR / app).rglob(f"*.{suffix}")
]
TOLD = [
    "Notify takes our key again: sending goes on",
    "Sending waits: Redis is away",
    "all senders rest",
    "Notify does not answer",
    "The guard of",
    "Sending stops",
    "A delivery receipt came with a wrong token",
    "A delivery receipt could not be read",
    "could not be written down",
    "is at Notify twice",
    "Try refused messages again",
    "Let sending go on",
    "Send again",
    "Needs attention",
    "Needs a person",
    "Takes none",
]


def codes():
    return {(name, code) for name, text in GUIDES.items() for code in CODE.findall(text)}


@pytest.mark.parametrize(
    ("guide", "command", "options"),
    sorted({(name, *found) for name, text in GUIDES.items() for found in COMMAND.findall(text)}),
)
def test_every_command_exists_with_its_options(guide, command, options):
    parser = load_command_class(get_commands()[command], command).create_parser("", command)
    known = {option for action in parser._actions for option in action.option_strings}
    assert set(re.findall(r"--[a-z-]+", options)) <= known


def test_every_setting_exists():
    named = {code.partition("=")[0] for _, code in codes()}
    known = (settings.BASE_DIR / ".env.example").read_text()
    settings_named = {name for name in named if SETTING.match(name)}
    assert len(settings_named) > 5
    assert {name for name in settings_named if f"\n{name}=" not in known} == set()


def test_every_schedule_that_is_run_by_name_exists():
    for text in GUIDES.values():
        for names in re.findall(r"run_schedule ([a-z][a-z-]+)", text):
            assert names in timetable()


@pytest.mark.django_db
def test_every_figure_exists(exported):
    named = {name for text in GUIDES.values() for name in re.findall(r"\bmavis_\w+", text)}
    assert named - {*exported, "mavis_sending_stopped"} == set()


def test_every_address_leads_somewhere():
    for _, code in codes():
        address = code.removeprefix("GET ").partition("?")[0]
        if re.fullmatch(r"/(?:operations|admin|notify|sessions)[a-z/-]*", address):
            try:
                resolve(address)
            except Resolver404:
                pytest.fail(f"{address} leads nowhere")


def test_every_link_leads_to_a_file():
    for text in GUIDES.values():
        for target in LINK.findall(text):
            assert (FOLDER / target).is_file(), target


@pytest.mark.parametrize("words", TOLD)
def test_what_a_guide_quotes_is_said_somewhere(words):
    assert any(words in text for text in GUIDES.values())
    assert any(words in source for source in SOURCES)


def named_services(verb, rest):
    """The services that a line of docker compose names; run and exec have one, then a command."""
    words = iter(rest.split())
    for word in words:
        if word in TAKES_A_VALUE:
            value = next(words)
            yield value.partition("=")[0] if word == "--scale" else ""
            continue
        if word.startswith("--"):
            continue
        yield word
        if verb in ("run", "exec"):
            return


@pytest.mark.parametrize(
    ("guide", "verb", "rest"),
    sorted({(name, *found) for name, text in GUIDES.items() for found in COMPOSE.findall(text)}),
)
def test_every_line_of_compose_names_services_that_exist(guide, verb, rest):
    assert verb in {"build", "exec", "restart", "run", "stop", "up"}
    compose = (settings.BASE_DIR / "compose.yaml").read_text().partition("\nservices:\n")[2]
    services = set(re.findall(r"^  ([\w-]+):$", compose, re.MULTILINE))
    named = set(named_services(verb, rest)) - {"", "\\"}
    assert named <= services
