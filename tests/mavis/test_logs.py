"""Log lines are pairs, and outside a local run they never quote an exception."""

import logging
import re

from mavis.logs import PairsFormatter

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
