"""Tools of the sandbox's own tests. They need no database: the sandbox knows nothing of ours."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
import requests
from notifications_python_client.errors import HTTPError

from tests.sandbox_process import SECRETS, SERVICE_ID, SandboxProcess


@pytest.fixture(autouse=True)
def reference_data():
    """None is needed here."""


def token(**changes: Any) -> str:
    """A bearer token as the contract has it; `secret`, `algorithm` and claims may be changed."""
    secret = changes.pop("secret", SECRETS["live"])
    algorithm = changes.pop("algorithm", "HS256")
    claims = {"iss": SERVICE_ID, "iat": int(time.time()), **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, secret, algorithm=algorithm)


@dataclass
class RawClient:
    """Calls that the official client cannot make."""

    sandbox: SandboxProcess

    def __call__(
        self, method: str, path: str, body: Any = None, *, key_type: str = "live", **options: Any
    ) -> requests.Response:
        """`body` is sent as JSON, or as it is when it is a string."""
        data = body if isinstance(body, str | None) else json.dumps(body)
        headers = {"Authorization": f"Bearer {token(secret=SECRETS[key_type])}"}
        headers |= options.pop("headers", {})
        return requests.request(
            method, self.sandbox.base_url + path, data=data, headers=headers, timeout=30, **options
        )


@pytest.fixture
def raw(sandbox: SandboxProcess) -> RawClient:
    return RawClient(sandbox)


def errors_of(answer: requests.Response) -> list[tuple[str, str]]:
    """The errors of an answer, each as type and message; checks the shape."""
    document = answer.json()
    assert set(document) == {"status_code", "errors"}
    assert document["status_code"] == answer.status_code
    return [(each["error"], each["message"]) for each in document["errors"]]


def refusal(call: Callable[[], Any]) -> tuple[int, list[tuple[str, str]]]:
    """How Notify's own client sees a call refused: status, and errors as type and message."""
    with pytest.raises(HTTPError) as caught:
        call()
    problem = caught.value
    assert isinstance(problem.message, list)
    return problem.status_code, [(each["error"], each["message"]) for each in problem.message]


@pytest.fixture
def email_template(sandbox: SandboxProcess) -> str:
    return sandbox.add_template("plain", "email", "Hello", subject="Greeting")


@pytest.fixture
def text_template(sandbox: SandboxProcess) -> str:
    return sandbox.add_template("plain", "sms", "Hello")


@dataclass
class Callback:
    """Our end of the receipts: keeps what comes, answers what it is told to."""

    url: str = ""
    token: str = "token-of-the-callback"
    requests: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)
    redirect_to: str = ""
    hang_s: float = 0.0

    def status_for(self, path: str) -> int:
        planned = self.answers.get(path, [])
        return planned.pop(0) if len(planned) > 1 else (planned or [204])[0]

    def bodies(self) -> list[dict[str, Any]]:
        return [each["body"] for each in self.requests]


@pytest.fixture
def callback(sandbox: SandboxProcess) -> Iterator[Callback]:
    """A receipts endpoint that the sandbox posts to, answering 204 unless told otherwise."""
    state = Callback()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.requests.append(
                {
                    "method": self.command,
                    "path": self.path,
                    "headers": dict(self.headers),
                    "body": json.loads(body) if body else None,
                    "at": time.time(),
                }
            )
            time.sleep(state.hang_s)
            status = state.status_for(self.path)
            self.send_response(status)
            if status in (301, 302, 303, 307, 308):
                self.send_header("Location", state.redirect_to)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET = _take

        def log_message(self, *arguments: Any) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/receipts"
    sandbox.change_service(callback_url=state.url, callback_token=state.token)
    yield state
    server.shutdown()
    thread.join()
    server.server_close()
