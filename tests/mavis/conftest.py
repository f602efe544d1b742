"""What the tests of alarm rules and of guides for operators share."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from calendars import clock
from heartbeats import workers
from notifications import counters, hints
from tests.mavis.test_watching import TOKEN


@pytest.fixture
def exported(client, db):
    """The labels of each sample that /metrics tells, by the sample's name."""
    hints.connection().flushdb()
    counters.count({("email", "failed"): 1})
    client.get("/sign-in/")
    workers.started("default@here", queues="default", now=clock.now())
    text = client.get("/metrics", headers=TOKEN).content.decode()
    hints.connection().flushdb()
    found = {}
    for family in text_string_to_metric_families(text):
        found.setdefault(family.name, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found
