"""The production image and its composition hold to what is promised of them, read as text."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from mavis.local.run import THREADS
from mavis.settings import base
from notifications import slots
from notifications.models import Lane

ROOT = Path(settings.BASE_DIR)
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
INSTRUCTION = re.compile(r"^([A-Z]+) ((?:.*\\\n)*.*)$", re.MULTILINE)


def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage by its name; the last stage has none."""
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for word, rest in INSTRUCTION.findall(DOCKERFILE):
        if word == "FROM":
            name = rest.partition(" AS ")[2]
            found[name] = []
        found[name].append((word, rest))
    return found


def services() -> dict[str, str]:
    """The text of each service of compose.yaml by its name."""
    block = COMPOSE.partition("\nservices:\n")[2].partition("\nvolumes:\n")[0]
    parts = re.split(r"^  ([\w-]+):$", block, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def final(word: str) -> list[str]:
    return [rest for instruction, rest in stages()[""] if instruction == word]


def test_assets_and_packages_are_built_in_stages_of_their_own():
    assert list(stages()) == ["assets", "packages", ""]
    copied = " ".join(final("COPY"))
    assert "--from=assets /build/static/build" in copied
    assert "--from=packages /venv" in copied
    assert "node" not in final("FROM")[0]


def test_only_locked_packages_are_installed():
    [install] = [rest for word, rest in stages()["packages"] if "pip install" in rest]
    assert "--require-hashes" in install
    assert any("npm ci" in rest for _, rest in stages()["assets"])


def test_what_the_image_copies_exists():
    for name in ("assets", "packages"):
        for word, rest in stages()[name]:
            if word == "COPY":
                for source in rest.split()[:-1]:
                    assert (ROOT / source).exists(), source


def test_the_service_runs_without_root_and_says_how_it_is():
    [user] = final("USER")
    assert user not in ("root", "0")
    [check] = final("HEALTHCHECK")
    assert "/healthz" in check
    words = [word for word, _ in stages()[""]]
    assert words.index("USER") < words.index("CMD")
    assert any("collectstatic" in rest for rest in final("RUN"))


def test_secrets_and_local_data_stay_out_of_the_image():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ".*" in ignored
    assert {"tests", "node_modules"} <= set(ignored)


def test_every_part_of_the_service_has_a_container():
    assert set(services()) == {
        "database",
        "broker",
        "migrate",
        "web",
        "worker-urgent",
        "worker-default",
        "beat",
    }


@pytest.mark.parametrize("name", ["web", "worker-urgent", "worker-default", "beat"])
def test_nothing_serves_before_the_database_is_migrated(name):
    assert "<<: *mavis" in services()[name]
    assert "depends_on: *after-migrations" in services()[name]


def test_every_queue_has_a_worker():
    consumed = set(re.findall(r"--queues=(\w+)", COMPOSE))
    assert consumed == {"urgent", base.CELERY_TASK_DEFAULT_QUEUE}


def test_all_senders_together_leave_threads_for_the_sweep_and_receipts():
    """Two of a lane take messages, and as many may still wait for their last answers."""
    [threads] = re.findall(r"--concurrency=(\d+)", services()["worker-urgent"].replace('", "', " "))
    assert int(threads) == THREADS["urgent"] > 2 * slots.MOST * len(Lane)


def test_variables_set_for_the_service_are_known():
    environment = COMPOSE.partition("  environment:\n")[2].partition("  restart:")[0]
    assert set(re.findall(r"^    (\w+):", environment, re.MULTILINE)) <= base.env.asked
    assert "ENVIRONMENT: production" in environment


def test_the_image_is_built_once_and_never_fetched():
    builds = [name for name, text in services().items() if re.search("^    build:", text, re.M)]
    assert builds == ["migrate"]
    shared = COMPOSE.partition("x-mavis:")[2].partition("services:")[0]
    assert "build:" not in shared
    assert "pull_policy: never" in shared


def test_a_database_that_is_being_made_does_not_count_as_ready():
    assert "pg_isready --host 127.0.0.1" in services()["database"]


def test_processes_of_celery_say_nothing_that_is_no_log_line():
    commands = re.findall(r'command: \["celery".*', COMPOSE)
    assert len(commands) == 3
    assert all('"--quiet"' in command for command in commands)


def test_a_health_check_asks_the_worker_by_the_name_that_it_gives_itself():
    """Not every engine sets HOSTNAME for a check."""
    for queue in ("urgent", "default"):
        text = services()[f"worker-{queue}"]
        assert f"--hostname={queue}@%h" in text
        assert f"--destination={queue}@$$(hostname)" in text
