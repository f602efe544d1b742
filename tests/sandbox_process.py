"""A Notify sandbox for tests: a real process on a free port, driven through its control API."""

import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from notifications_python_client import NotificationsAPIClient

from tests.instants import python_in_our_time

SERVICE_ID = "5a4db0c5-0000-4000-8000-000000000001"
NAMESPACE = uuid.UUID("5a4db0c5-0000-4000-8000-00000000a5e5")
SECRETS = {
    "live": "5a4db0c5-0000-4000-8000-0000000000a1",
    "team": "5a4db0c5-0000-4000-8000-0000000000a2",
    "test": "5a4db0c5-0000-4000-8000-0000000000a3",
}
TIME_SCALE = 60
RUN = """
import runpy
runpy.run_module("notifications.sandbox", run_name="__main__", alter_sys=True)
"""


class SandboxProcess:
    """A running sandbox. Every wait of the contract is divided by 60: a hang lasts a second."""

    def __init__(self, folder: Path, *options: str) -> None:
        data = str(folder / "sandbox.sqlite3")
        self._process = subprocess.Popen(
            python_in_our_time(
                *(RUN, "--port", "0", "--data", data, "--time-scale", str(TIME_SCALE)), *options
            ),
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        assert self._process.stdout
        first_line = self._process.stdout.readline()
        if "/_sandbox/" not in first_line:
            self._end()
            pytest.fail("The Notify sandbox did not start; its reason stands above")
        self.base_url = first_line.split()[-1].removesuffix("/_sandbox/")
        self._session = requests.Session()

    def stop(self) -> None:
        self._session.close()
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)
        if self._process.stdout:
            self._process.stdout.close()

    # As a client of Notify

    @staticmethod
    def api_key(key_type: str = "live") -> str:
        """The whole key of a type: live, team or test."""
        return f"sandbox_{key_type}-{SERVICE_ID}-{SECRETS[key_type]}"

    def client(self, key_type: str = "live", *, timeout: float = 30) -> NotificationsAPIClient:
        """The official client with a key of this type."""
        return NotificationsAPIClient(
            self.api_key(key_type), base_url=self.base_url, timeout=timeout
        )

    @staticmethod
    def template_id(file_stem: str) -> str:
        """The id of the template `<name>.<email|text>`."""
        return str(uuid.uuid5(NAMESPACE, file_stem))

    # Control

    def control(self, method: str, path: str, **document: Any) -> Any:
        """Call the control API; `document` is the JSON body."""
        answer = self._session.request(
            method, f"{self.base_url}/_sandbox/{path}", json=document or None, timeout=30
        )
        answer.raise_for_status()
        return answer.json()

    def reset(self) -> None:
        """Empty it; service, clock and faults as at the start. Templates stay."""
        self.control("POST", "reset")

    def add_template(self, name: str, channel: str, body: str, **others: Any) -> str:
        """A template for a test; returns its id. `channel` is email or sms."""
        return self.control("POST", "templates", name=name, channel=channel, body=body, **others)[
            "id"
        ]

    def add_fault(self, **rule: Any) -> int:
        """Order a fault; returns the number of the rule."""
        return self.control("POST", "faults", **rule)["id"]

    def remove_faults(self) -> None:
        self.control("DELETE", "faults")

    def change_service(self, **settings: Any) -> None:
        """Limits, trial mode, callback and other settings of the service, or the waiting times."""
        self.control("POST", "service", **settings)

    def move_clock(self, **settings: float) -> None:
        """`offset_s` from real time, `speed`, `time_scale`."""
        self.control("POST", "clock", **settings)

    def messages(self, **filters: str) -> list[dict[str, Any]]:
        """Every accepted message that fits the inbox's filters, newest first."""
        found: list[dict[str, Any]] = []
        page = pages = 1
        while page <= pages:
            answer = self._session.get(
                f"{self.base_url}/_sandbox/messages.json",
                params={**filters, "page": str(page)},
                timeout=30,
            ).json()
            found += answer["messages"]
            page, pages = page + 1, answer["pages"]
        return found

    def attempts(self) -> list[dict[str, Any]]:
        """Every call of the API, in order."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            answer = self._session.get(
                f"{self.base_url}/_sandbox/attempts.json", params={"after": after}, timeout=30
            ).json()["attempts"]
            if not answer:
                return found
            found += answer

    def invariants(self) -> dict[str, Any]:
        return self.control("GET", "invariants.json")


def eventually(claim: Callable[[], Any], *, within_s: float = 60.0) -> Any:
    """The first true value of `claim`, asked again and again; fails when time is up."""
    deadline = time.monotonic() + within_s
    while True:
        value = claim()
        if value or time.monotonic() > deadline:
            assert value, "it did not come true in time"
            return value
        time.sleep(0.02)


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One sandbox for a whole test run; `sandbox` gives it empty."""
    process = SandboxProcess(tmp_path_factory.mktemp("sandbox"))
    yield process
    process.stop()


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    """A running Notify sandbox without messages, faults or changed settings."""
    sandbox_process.reset()
    return sandbox_process
