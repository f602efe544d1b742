"""The web server as it is started in production, told to read its settings again."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection

from mavis.local import broker, postgres
from tests.mavis.test_watching import TOKEN

COUNTED = re.compile(
    r'^mavis_request_seconds_count{route="accounts:sign-in".*} (\S+)$', re.MULTILINE
)


@pytest.fixture
def server(transactional_db, tmp_path):
    """A real gunicorn on the test's database; its address and its process."""
    port = broker.free_port()
    database = connection.settings_dict
    process = subprocess.Popen(
        [Path(sys.executable).parent / "gunicorn", "--workers", "1"]
        + ["--bind", f"{broker.LOOPBACK}:{port}"],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {
            "DATABASE_URL": postgres.url(database["HOST"], database["NAME"]),
            "PROMETHEUS_MULTIPROC_DIR": "",
            "TMPDIR": str(tmp_path),
        },
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    yield f"http://{broker.LOOPBACK}:{port}", process
    process.kill()
    process.wait()


def get(url):
    """The page, as soon as somebody answers."""
    for _ in range(1200):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=TOKEN)) as answer:  # noqa: S310
                return answer.read().decode()
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


def workers(process):
    return {each.pid for each in psutil.Process(process.pid).children()}


def test_durations_are_counted_on_when_it_reads_its_settings_again(server, tmp_path):
    url, process = server
    get(f"{url}/sign-in/")
    before = workers(process)
    process.send_signal(signal.SIGHUP)
    while not (now := workers(process)) or now & before:
        time.sleep(0.1)
    for _ in range(2):
        get(f"{url}/sign-in/")
    assert COUNTED.findall(get(f"{url}/metrics")) == ["3.0"]
    assert len(list(tmp_path.glob("mavis-durations-*"))) == 1
    process.terminate()
    process.wait()
    assert not list(tmp_path.glob("mavis-durations-*"))
