"""A worker lives through the loss of its connection to Redis."""

import logging

import pytest
from kombu import Queue

from mavis import broker
from mavis.celery import app
from notifications import hints


@pytest.fixture
def taken():
    """A job that a worker has taken, and the worker's connection."""
    hints.connection().flushdb()
    with app.connection_for_read() as connection:
        assert isinstance(connection.transport, broker.Transport)
        queue = Queue("tests.taken", routing_key="tests.taken")(connection.default_channel)
        queue.declare()
        connection.Producer().publish({}, routing_key="tests.taken")
        yield queue.get(), connection
    hints.connection().flushdb()


def test_a_lost_connection_is_closed_however_many_jobs_were_taken_from_it(taken):
    _, connection = taken
    # So kombu leaves it when the first attempt to close it has met the lost connection.
    connection._do_close_transport()
    connection.close()
    assert hints.connection().hlen("unacked") == 1, "Redis hands it out again"


def test_a_job_may_end_when_its_connection_is_gone(taken, caplog, monkeypatch):
    job, connection = taken
    connection.default_channel._disconnect_pools()
    with monkeypatch.context() as lost:
        lost.setattr(job.channel, "connection", None)
        job.ack_log_error(logging.getLogger("tests"), connection.connection_errors)
    assert "Couldn't ack" in caplog.text
    assert hints.connection().hlen("unacked") == 1


def test_jobs_that_were_taken_are_given_back_where_the_connection_is_well(taken):
    _, connection = taken
    connection.close()
    assert hints.connection().hlen("unacked") == 0
    assert hints.connection().llen("tests.taken") == 1
