"""Starts processes, writes down what they say, and ends every one of them.

There are no threads here: a child is forked and tethered from the main thread, so that the kernel
ends it even when this process is killed outright.
"""

import contextlib
import ctypes
import os
import pwd
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from mavis.local.console import Refusal, label, say

PR_SET_PDEATHSIG = 1
TURN_SECONDS = 0.1
# How long a process may take to finish what it is doing before it is killed.
PATIENCE_SECONDS = 10

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class StopRequested(Exception):
    """Ctrl-C, or a signal that asks this process to end."""


def end_with_parent(how: int, parent: int) -> None:
    """Ask the kernel for the signal `how` when `parent` dies. Only Linux can; elsewhere nothing.

    Must run after any change of user, which would cut the tether.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os._exit(1)


def end_when_make_ends() -> None:
    """Stop as on Ctrl-C when the `make` that started this process is killed."""
    if os.environ.get("MAKELEVEL"):
        end_with_parent(signal.SIGTERM, os.getppid())


@dataclass
class Child:
    """A running process and where its words go."""

    name: str
    process: subprocess.Popen
    log: Path
    stop_signal: int
    # Foundations, which others use, are stopped last.
    is_foundation: bool
    # What it says once it is ready; empty for one of which that is found out otherwise.
    ready_when: bytes = b""
    prefix: str = ""
    file: IO[bytes] | None = None
    rest: bytes = field(default=b"", repr=False)

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether it has said that it is ready, if it is one that says so."""
        return not self.ready_when

    def take(self, output: bytes) -> None:
        """Write the output to the log, and whole lines to the terminal after the prefix."""
        if self.ready_when in self.rest + output:
            self.ready_when = b""
        if self.file:
            self.file.write(output)
            self.file.flush()
        if not self.prefix:
            return
        *lines, self.rest = (self.rest + output).split(b"\n")
        for line in lines:
            say(f"{self.prefix} {line.decode(errors='replace')}")


class Supervisor:
    """Owns a set of processes. Use it as a context: leaving it ends all of them."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._asked_to_stop = False
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> "Supervisor":
        self.logs.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup has SIGHUP ignored, and that is left as it is.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._ask_to_stop)
        return self

    def __exit__(self, *exception: object) -> None:
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)
        self.stop()
        self._selector.close()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _ask_to_stop(self, *_: object) -> None:
        self._asked_to_stop = True

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        user: pwd.struct_passwd | None = None,
        stop_signal: int = signal.SIGTERM,
        is_foundation: bool = False,
        is_shown: bool = True,
        keeps_terminal: bool = False,
        ready_when: bytes = b"",
    ) -> Child:
        """Start a process in a group of its own.

        Its output goes to `<name>.log`, and to the terminal too when it `is_shown`; one that
        `keeps_terminal` writes there itself and has no log. Only what is shown, or waited for, goes
        through us: whoever is busy elsewhere, with the process itself perhaps, reads nothing.
        """
        parent = os.getpid()
        log = self.logs / f"{name}.log"
        file = None if keeps_terminal else log.open("wb")
        output = subprocess.PIPE if file and (is_shown or ready_when) else file
        process = subprocess.Popen(
            [str(part) for part in command],
            env=dict(os.environ if environment is None else environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            # There is one thread, so code may run between fork and exec.
            preexec_fn=lambda: end_with_parent(stop_signal, parent),  # noqa: PLW1509
        )
        child = Child(name, process, log, stop_signal, is_foundation, ready_when, file=file)
        self.children.append(child)
        if process.stdout:
            os.set_blocking(process.stdout.fileno(), False)
            child.prefix = label(name, len(self.children)) if is_shown else ""
            self._selector.register(process.stdout, selectors.EVENT_READ, child)
        return child

    def run(self, name: str, command: Sequence[str | Path], **options) -> int:
        """Run a process to its end and answer its exit status."""
        return self.finish(self.start(name, command, **options))

    def finish(self, child: Child) -> int:
        """Wait until a process ends by itself and answer its exit status."""
        while child.is_running:
            self.turn()
        self._forget(child)
        return child.process.returncode

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, failure: str) -> None:
        """Wait until `ready()`; refuse with `failure` when it takes longer or a process ends."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.turn()
            self.refuse_if_any_ended()
            if time.monotonic() > deadline:
                raise Refusal(failure)

    def watch(self) -> None:
        """Pass on what the processes say until one ends, which is a refusal, or Ctrl-C."""
        while True:
            self.turn()
            self.refuse_if_any_ended()

    def refuse_if_any_ended(self) -> None:
        for child in self.children:
            if not child.is_running:
                self._drain()
                raise Refusal(
                    f"{child.name} ended unexpectedly ({_ending(child.process.returncode)}); "
                    f"what it said is in {_short(child.log)}."
                )

    def turn(self) -> None:
        """Take what was said during a moment; leave through `StopRequested` if asked to stop."""
        if self._asked_to_stop:
            raise StopRequested
        self._take_output(TURN_SECONDS)
        if self._asked_to_stop:
            raise StopRequested

    def end(self, child: Child, how: int = signal.SIGTERM) -> None:
        """End one process with a signal; kill it and its group if it does not end in time."""
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(how)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while child.is_running and time.monotonic() < deadline:
            self._take_output(TURN_SECONDS)
        self._forget(child)

    def reap(self) -> list[Child]:
        """Forget the processes that have ended, with what is left of their groups; which."""
        ended = [child for child in self.children if not child.is_running]
        for child in ended:
            self._forget(child)
        return ended

    def stop(self) -> None:
        """End every process, those that others stand on last; kill what does not end in time."""
        for is_foundation in (False, True):
            stage = [child for child in self.children if child.is_foundation == is_foundation]
            for child in stage:
                if child.is_running:
                    with contextlib.suppress(ProcessLookupError):
                        child.process.send_signal(child.stop_signal)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while any(child.is_running for child in stage) and time.monotonic() < deadline:
                self._take_output(TURN_SECONDS)
            for child in stage:
                self._forget(child)

    def _take_output(self, seconds: float) -> None:
        if not self._selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self._selector.select(seconds):
            output = os.read(key.fd, 65536)
            if output:
                key.data.take(output)
            else:
                self._selector.unregister(key.fileobj)

    def _drain(self) -> None:
        """Take everything that is already there to be read."""
        while self._selector.get_map() and (ready := self._selector.select(0)):
            for key, _ in ready:
                output = os.read(key.fd, 65536)
                if output:
                    key.data.take(output)
                else:
                    self._selector.unregister(key.fileobj)

    def _forget(self, child: Child) -> None:
        """Kill whatever is left of the process's group and close its log."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self._drain()
        if child.process.stdout:
            with contextlib.suppress(KeyError):
                self._selector.unregister(child.process.stdout)
            child.process.stdout.close()
        if child.file:
            child.file.close()
        self.children.remove(child)


def _ending(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _short(path: Path) -> str:
    """The path as a person would type it from here."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
