"""Log lines are pairs, and outside a local run they never quote an exception."""

import json
import logging
import os
import re
import runpy
import tempfile
from pathlib import Path

from django.conf import settings

from mavis.logs import JsonFormatter, PairsFormatter

SECRET = "9990070008"


def failing_record() -> logging.LogRecord:
    try:
        raise ValueError(f"NHS number {SECRET} exists")
    except ValueError as error:
        return logging.LogRecord(
            "mavis",
            logging.ERROR,
            __file__,
            1,
            "Upload %s failed",
            (7,),
            (type(error), error, None),
        )


def test_a_line_is_pairs():
    record = logging.LogRecord("mavis", logging.INFO, __file__, 1, 'Said "%s"', ("ok",), None)
    line = PairsFormatter(tells_messages=False).format(record)
    assert re.fullmatch(r'time=\S+Z? level=info logger=mavis message="Said \\"ok\\""', line)


def test_an_exception_is_told_by_kind_and_place_only():
    line = PairsFormatter(tells_messages=False).format(failing_record())
    assert "error=builtins.ValueError" in line
    assert "test_logs.py:" in line
    assert SECRET not in line
    assert "\n" not in line


def test_a_local_run_shows_the_whole_traceback():
    assert SECRET in PairsFormatter(tells_messages=True).format(failing_record())


def test_a_failed_task_is_told_by_name_only():
    record = failing_record()
    record.name = "celery.app.trace"
    record.msg, record.args = f"Task raised: ValueError('{SECRET}')", ()
    record.data = {"name": "cohorts.import", "id": "1-2", "description": "raised unexpected"}
    line = PairsFormatter(tells_messages=False).format(record)
    assert 'message="Task cohorts.import[1-2] raised unexpected"' in line
    assert SECRET not in line


def test_json_holds_the_same_as_pairs_a_line_an_event():
    fields = json.loads(JsonFormatter(tells_messages=False).format(failing_record()))
    assert list(fields) == ["time", "level", "logger", "message", "error", "at"]
    assert (fields["level"], fields["logger"]) == ("error", "mavis")
    assert (fields["message"], fields["error"]) == ("Upload 7 failed", "builtins.ValueError")
    told = json.loads(JsonFormatter(tells_messages=True).format(failing_record()))
    assert SECRET in told["traceback"]


def access(status="200", path="/children/"):
    """A request as gunicorn tells it, with all that it could tell."""
    atoms = {"h": "10.0.0.7", "m": "GET", "U": path, "q": f"q={SECRET}", "s": status}
    atoms |= {"r": f"GET {path}?q={SECRET} HTTP/1.1", "B": 512, "M": 17}
    atoms |= {"f": f"https://mavis.example.com/?q={SECRET}", "a": SECRET}
    return logging.LogRecord("gunicorn.access", logging.INFO, "", 1, "%(r)s", (atoms,), None)


def test_a_request_is_told_by_its_path_and_never_by_its_query():
    fields = json.loads(JsonFormatter(tells_messages=False).format(access()))
    del fields["time"]
    assert fields == {
        "level": "info",
        "logger": "gunicorn.access",
        "method": "GET",
        "path": "/children/",
        "status": 200,
        "bytes": 512,
        "milliseconds": 17,
    }
    line = PairsFormatter(tells_messages=False).format(access())
    assert line.endswith("method=GET path=/children/ status=200 bytes=512 milliseconds=17")


def test_an_address_that_leads_nowhere_is_not_repeated():
    line = JsonFormatter(tells_messages=False).format(access("404", f"/children/{SECRET}/"))
    assert SECRET not in line
    assert json.loads(line)["path"] == "(nowhere)"


def test_django_does_not_repeat_it_either(db, nurse_client, caplog):
    nurse_client.get(f"/no-such-page/{SECRET}/")
    record = next(each for each in caplog.records if each.name == "django.request")
    line = JsonFormatter(tells_messages=False).format(record)
    assert json.loads(line)["message"] == "Not Found: (nowhere)"


def test_an_exception_given_as_an_argument_is_told_by_kind():
    record = logging.LogRecord(
        "x", logging.ERROR, "", 1, "Trouble: %s", (ValueError(SECRET),), None
    )
    assert JsonFormatter(tells_messages=False)._message(record) == "Trouble: ValueError"


def test_refusing_a_page_is_no_fault(nurse_client, caplog):
    with caplog.at_level(logging.WARNING, "django.request"):
        assert nurse_client.get("/operations/schedules/").status_code == 403
    record = next(each for each in caplog.records if each.name == "django.request")
    for tells_messages in (True, False):
        line = PairsFormatter(tells_messages=tells_messages).format(record)
        assert "Forbidden" in line
        assert "Traceback" not in line
        assert "error=" not in line


def test_gunicorn_cleans_up_and_writes_its_lines_as_everything_else(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    left, own = tmp_path / "mavis-durations-999999999-a", tmp_path / "mavis-durations-1-b"
    left.mkdir()
    own.mkdir()
    same = tmp_path / f"mavis-durations-{os.getpid()}-c"
    same.mkdir()
    config = runpy.run_path(str(Path(settings.BASE_DIR) / "gunicorn.conf.py"))["logconfig_dict"]
    assert not left.exists(), "what a killed server left goes"
    assert not same.exists(), "also that of one with our process id, as in a container"
    assert own.exists()
    assert config["handlers"] == settings.LOGGING["handlers"]
    for name in ("gunicorn.error", "gunicorn.access"):
        assert config["loggers"][name] == {
            "level": "INFO",
            "handlers": ["console"],
            "propagate": False,
        }
