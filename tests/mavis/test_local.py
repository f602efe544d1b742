"""The local stack: what it starts ends with it, and what is wrong is said in one sentence."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from django.conf import settings

from mavis.local import (
    broker,
    checks,
    environment,
    install,
    postgres,
    processes,
    run,
    suite,
)
from mavis.local.console import Refusal
from mavis.local.processes import StopRequested, Supervisor

ROOT = Path(settings.BASE_DIR)
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def supervisor(tmp_path):
    with Supervisor(tmp_path / "logs") as started:
        yield started


def python(code: str) -> list[str]:
    return [sys.executable, "-u", "-c", textwrap.dedent(code)]


def ends(pid: int, within: float = 30) -> bool:
    """Whether the process is gone, or is only waiting to be reaped, in so many seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.05)
                continue
        return True
    return False


def local(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "mavis.local", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestProcesses:
    def test_leaving_ends_every_process_and_what_it_started(self, tmp_path):
        with Supervisor(tmp_path) as supervisor:
            child = supervisor.start(
                "parent",
                python(
                    """
                    import subprocess, sys, time
                    print(subprocess.Popen(["sleep", "60"]).pid)
                    time.sleep(60)
                    """
                ),
                ready_when=b"\n",
            )
            supervisor.wait_until(lambda: child.is_ready, seconds=20, failure="never said")
            grandchild = int((tmp_path / "parent.log").read_text())
        assert ends(child.process.pid)
        assert ends(grandchild)

    def test_a_process_that_does_not_listen_is_killed(self, tmp_path, monkeypatch):
        monkeypatch.setattr(processes, "PATIENCE_SECONDS", 0.3)
        with Supervisor(tmp_path) as supervisor:
            child = supervisor.start(
                "deaf",
                python(
                    """
                    import signal, time
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    print("deaf now")
                    time.sleep(60)
                    """
                ),
                ready_when=b"deaf now",
            )
            supervisor.wait_until(lambda: child.is_ready, seconds=20, failure="never said")
        assert child.process.returncode == -signal.SIGKILL

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tethers processes")
    def test_processes_end_with_a_parent_that_is_killed_outright(self, tmp_path):
        parent = subprocess.Popen(
            python(
                f"""
                import sys, time
                from pathlib import Path
                from mavis.local.processes import Supervisor
                with Supervisor(Path({str(tmp_path)!r})) as supervisor:
                    print(supervisor.start("child", {SLEEP!r}).process.pid)
                    supervisor.watch()
                """
            ),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
        parent.stdout.close()
        assert ends(child)

    def test_one_that_ends_by_itself_is_named_with_its_log(self, supervisor):
        supervisor.start("web", python("print('no memory'); raise SystemExit(3)"))
        with pytest.raises(Refusal) as refusal:
            supervisor.watch()
        assert re.fullmatch(
            r"web ended unexpectedly \(exit status 3\); what it said is in \S+/web\.log\.",
            str(refusal.value),
        )
        assert "no memory" in (supervisor.logs / "web.log").read_text()

    def test_waiting_in_vain_says_so(self, supervisor):
        supervisor.start("slow", SLEEP)
        with pytest.raises(Refusal, match="It took too long"):
            supervisor.wait_until(lambda: False, seconds=0.2, failure="It took too long")

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_signals_ask_to_stop(self, tmp_path, number):
        # The tests themselves may run under nohup.
        before = signal.signal(number, signal.default_int_handler)
        try:
            with Supervisor(tmp_path) as supervisor, pytest.raises(StopRequested):
                supervisor.start("sleep", SLEEP)
                os.kill(os.getpid(), number)
                supervisor.watch()
        finally:
            signal.signal(number, before)

    def test_a_hangup_is_left_ignored_where_nohup_asked_for_it(self, tmp_path):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            with Supervisor(tmp_path) as supervisor:
                supervisor.start("sleep", SLEEP)
                os.kill(os.getpid(), signal.SIGHUP)
                supervisor.refuse_if_any_ended()
        finally:
            signal.signal(signal.SIGHUP, before)

    def test_lines_carry_the_name_of_their_process(self, supervisor, capfd):
        assert supervisor.run("web", python("print('one'); print('two')")) == 0
        assert capfd.readouterr().out == "web      | one\nweb      | two\n"

    def test_what_is_not_shown_may_say_much_while_nobody_listens(self, supervisor):
        child = supervisor.start("loud", python("print('x' * 1_000_000)"), is_shown=False)
        assert child.process.wait(timeout=60) == 0
        assert child.log.stat().st_size == 1_000_001


class TestStores:
    def test_postgresql_starts_on_a_socket_keeps_data_and_stops(self, tmp_path):
        for _ in range(2):
            with Supervisor(tmp_path / "logs") as supervisor:
                sockets = postgres.start(supervisor, tmp_path / "data", is_throwaway=True)
                postgres.ensure_database(sockets, "mavis")
                url = postgres.url(sockets, "mavis")
                with psycopg.connect(url) as connection:
                    connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 1")
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(url)

    def test_data_of_another_version_is_refused(self, tmp_path, supervisor):
        data = tmp_path / "data"
        data.mkdir()
        (data / "PG_VERSION").write_text("14\n")
        with pytest.raises(Refusal, match="made by PostgreSQL 14, and this is 18: make reset"):
            postgres.start(supervisor, data)

    def test_a_path_too_long_for_a_socket_gets_a_short_one(self, tmp_path):
        near, far = tmp_path / "data", tmp_path / ("x" * 100) / "data"
        assert len(str(postgres._socket_folder(far))) < 60
        assert postgres._socket_folder(far) != postgres._socket_folder(far.parent / "other")
        assert len(str(postgres._socket_folder(near) / postgres.SOCKET_NAME)) <= 100

    def test_redis_keeps_nothing_on_disk(self, supervisor):
        with redis.from_url(broker.start(supervisor)) as client:
            assert client.ping()
            assert client.config_get("save") == {"save": ""}
            assert client.config_get("appendonly") == {"appendonly": "no"}
            assert client.config_get("bind") == {"bind": "127.0.0.1"}


class TestRun:
    @pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "8000.5", "٨٠٠٠"])
    def test_a_port_that_is_none_is_refused(self, monkeypatch, text):
        monkeypatch.setenv("PORT", text)
        with pytest.raises(Refusal, match=r"^PORT must be a number from 1 to 65535\.$"):
            run.chosen_port()

    @pytest.mark.parametrize(("text", "port"), [("", 8000), (" 8080 ", 8080)])
    def test_the_port_is_chosen(self, monkeypatch, text, port):
        monkeypatch.setenv("PORT", text)
        assert run.chosen_port() == port

    @pytest.mark.parametrize("inbox", ["", "http://localhost:8001"])
    def test_the_last_line_before_the_logs_says_where_everything_is(self, capsys, inbox):
        run.welcome("http://localhost:8000", inbox)
        *_, last, end = capsys.readouterr().out.split("\n")[:-1]
        assert end == ""
        assert last.startswith("Mavis is ready: http://localhost:8000, sign in as nurse@example")
        assert last.endswith(inbox or run.DEMO_PASSWORD)

    def test_a_busy_port_is_refused(self):
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            port = busy.getsockname()[1]
            with pytest.raises(Refusal, match=f"^Port {port} is busy: another program serves"):
                run.refuse_busy(port)
            assert broker.free_port(preferred=port) != port

    def test_a_second_run_beside_the_first_is_refused(self, monkeypatch, tmp_path):
        monkeypatch.setattr(run, "LOCAL", tmp_path)
        with run.the_only_run("http://localhost:8000"):
            with pytest.raises(Refusal) as refusal, run.the_only_run("http://localhost:8001"):
                pass
            words = f"Mavis is already running here: http://localhost:8000 (process {os.getpid()})"
            assert str(refusal.value) == words
        with run.the_only_run("http://localhost:8001"):
            pass

    @pytest.mark.parametrize(
        ("variables", "sentence"),
        [
            ({"DEBUG": "maybe"}, "DEBUG must be true or false."),
            ({"PORT": "eighty"}, "PORT must be a number from 1 to 65535."),
            (
                {"ENVIRONMENT": "production"},
                "SECRET_KEY must be set: .env.example says what it is.",
            ),
        ],
    )
    def test_a_broken_value_is_one_sentence(self, variables, sentence):
        done = local("run", **variables)
        assert done.returncode == 1
        assert done.stderr == f"{sentence}\n"
        assert done.stdout == ""

    def test_an_unknown_command_is_refused(self):
        done = local("fly")
        assert done.returncode == 2
        assert done.stdout == "There is no such command; make help lists them all.\n"


class TestSharing:
    def test_commands_reach_the_servers_of_a_run_while_it_lasts(self, monkeypatch, tmp_path):
        monkeypatch.setattr(environment, "ADDRESSES", tmp_path / "run.json")
        monkeypatch.setenv("REDIS_URL", "redis://mine:6379/0")
        monkeypatch.setattr(os, "environ", os.environ.copy())
        os.environ.pop("DATABASE_URL", None)
        with environment.shared_with_commands({"DATABASE_URL": "postgresql://local/mavis"}):
            environment.join_local_run()
            assert os.environ["DATABASE_URL"] == "postgresql://local/mavis"
            assert os.environ["REDIS_URL"] == "redis://mine:6379/0"
        del os.environ["DATABASE_URL"]
        environment.join_local_run()
        assert "DATABASE_URL" not in os.environ

    def test_a_command_without_a_database_says_what_to_do(self):
        done = subprocess.run(
            [sys.executable, "manage.py", "showmigrations"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/no"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr == (
            "The database does not answer. Start make run beside this, or set DATABASE_URL.\n"
        )


class TestInstalling:
    def test_a_stamp_holds_until_a_file_changes(self, tmp_path, monkeypatch):
        monkeypatch.setattr(install, "ROOT", tmp_path)
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "one").write_text("1")
        first = install.fingerprint(tmp_path / "folder", extra="3.11")
        assert install.fingerprint(tmp_path / "folder", extra="3.11") == first
        assert install.fingerprint(tmp_path / "folder", extra="3.12") != first
        (tmp_path / "folder" / "two").write_text("2")
        assert install.fingerprint(tmp_path / "folder", extra="3.11") != first

    def test_a_failing_step_is_a_refusal(self):
        with pytest.raises(install.Refusal, match=r"^It failed$"):
            install.run([sys.executable, "-c", "raise SystemExit(1)"], "It failed")
        with pytest.raises(install.Refusal, match="It failed .No such file or directory: nothing"):
            install.run(["nothing-of-that-name"], "It failed")

    def test_a_python_that_is_too_old_is_named(self):
        bootstrap = ROOT / "mavis" / "local" / "bootstrap.py"
        code = f"""
            import runpy, sys
            names = runpy.run_path({str(bootstrap)!r})
            names["hand_over_to_newer_python"].__globals__["OLDEST"] = (3, 99)
            names["hand_over_to_newer_python"]()
            """
        done = subprocess.run(
            python(code), env={"PATH": ""}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        ours = f"{sys.version_info.major}.{sys.version_info.minor}"
        assert done.stderr.startswith(f"Mavis needs Python 3.99 or newer and this one is {ours}.")
        assert done.stderr.count("\n") == 1


class TestSuite:
    def test_no_setting_of_the_developer_reaches_the_tests(self, monkeypatch):
        monkeypatch.setenv("MAVIS_TODAY", "2027-01-12")
        monkeypatch.setenv("HOME", "/home")
        variables = environment.without_own_settings()
        assert variables["HOME"] == "/home"
        assert {variables[name] for name in ("MAVIS_TODAY", "DATABASE_URL", "DEBUG")} == {""}

    def test_folders_of_killed_runs_go_and_those_in_use_stay(self, tmp_path, monkeypatch):
        monkeypatch.setattr(suite, "LOCAL", tmp_path)
        left_behind = tmp_path / "test" / "left-behind"
        left_behind.mkdir(parents=True)
        with suite.private_folder() as first, suite.private_folder() as second:
            assert first != second
            assert first.exists()
            assert not left_behind.exists()
        assert not first.exists()

    def test_a_browser_that_is_not_there_is_refused(self, monkeypatch):
        monkeypatch.setenv("CHROMIUM", "/no/such/browser")
        with pytest.raises(Refusal, match="^CHROMIUM names no program: /no/such/browser$"):
            suite.find_or_install_chromium()

    def test_without_a_browser_the_package_is_named(self, monkeypatch):
        monkeypatch.delenv("CHROMIUM", raising=False)
        monkeypatch.setenv("PATH", "")
        with pytest.raises(Refusal, match="install the package chromium"):
            suite.find_or_install_chromium()


class TestCommands:
    MAKEFILE = (ROOT / "Makefile").read_text()

    def test_help_lists_every_command(self):
        done = subprocess.run(
            ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        listed = re.findall(r"^make (\w+)", done.stdout, re.MULTILINE)
        assert listed == re.findall(r"^(\w+):", self.MAKEFILE, re.MULTILINE)
        assert set(listed) == set(
            re.search(r"^\.PHONY: (.*)$", self.MAKEFILE, re.MULTILINE)[1].split()
        )

    def test_every_command_of_the_makefile_exists(self):
        from mavis.local.__main__ import COMMANDS

        assert set(re.findall(r"\$\(MAVIS\) (\w+)", self.MAKEFILE)) == set(COMMANDS)

    def test_the_readme_names_only_commands_that_exist(self):
        targets = set(re.findall(r"^(\w+):", self.MAKEFILE, re.MULTILINE))
        named = set(re.findall(r"\bmake (\w+)", (ROOT / "README.md").read_text()))
        assert {"run", "test", "check"} <= named <= targets

    def test_lock_files_name_no_address(self, tmp_path):
        assert checks.addresses_in_lock_files() == []
        assert checks.ADDRESS.search('      "resolved": "somewhere",')
        assert checks.ADDRESS.search("--extra-index-url https://packages.example.com/simple")
        assert not checks.ADDRESS.search("django==5.2.19 \\")


def test_every_link_between_documents_leads_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_decisions_are_numbered_once():
    numbers = [path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")]
    assert len(numbers) == len(set(numbers))
