"""How long requests take is told by route and status, and never whom they were about."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from tests import factories
from tests.mavis.test_watching import TOKEN, figures

COUNT = "mavis_request_seconds_count"
pytestmark = pytest.mark.django_db


def requests(client):
    """How many requests there were, by route and status."""
    return {key[1:]: value for key, value in figures(client).items() if key[0] == COUNT}


def test_each_route_and_status_is_counted_by_name(client, nurse_client, organisation, monkeypatch):
    child = factories.ChildFactory(organisation=organisation, given_name="Canary")
    before = requests(client)
    nurse_client.get(f"/children/{child.public_id}/")
    nurse_client.get("/children/?q=Canary")
    nurse_client.get("/children/00000000-0000-4000-8000-000000000000/")
    nurse_client.get("/no/such/Canary/")
    client.get("/uploads/")
    after = requests(client)
    grown = {key for key in after if after[key] == before.get(key, 0) + 1}
    assert grown == {
        ("children:show", "200"),
        ("children:list", "200"),
        ("children:show", "404"),
        ("none", "404"),
        ("uploads:list", "302"),
    }
    told = client.get("/metrics", headers=TOKEN).content.decode()
    assert "Canary" not in told
    assert str(child.public_id) not in told


def test_a_page_that_breaks_counts_as_one(client, nurse_client, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError

    monkeypatch.setattr("records.views.render", fail)
    nurse_client.raise_request_exception = False
    before = requests(client).get(("children:list", "500"), 0)
    assert nurse_client.get("/children/").status_code == 500
    assert requests(client)["children:list", "500"] == before + 1


def test_machines_and_files_do_not_count(client):
    before = requests(client)
    for path in ("/healthz", "/watchz", "/metrics", f"/{settings.STATIC_URL.strip('/')}/no.css"):
        client.get(path, headers=TOKEN)
    assert requests(client) == before


def test_durations_are_in_buckets_up_to_any_length(client):
    client.get("/sign-in/")
    found = {
        key[1]: value
        for key, value in figures(client).items()
        if key[0] == "mavis_request_seconds_bucket" and "accounts:sign-in" in key
    }
    counts = sorted((float(le), value) for le, value in found.items())
    assert len(counts) > 10
    assert counts[-1][0] == float("inf")
    assert [value for _, value in counts] == sorted(value for _, value in counts)


OF_ONE_PROCESS = """
import django
django.setup()
from django.test import RequestFactory
from mavis import timing
timing.note(RequestFactory().get("/sign-in/"), 200, 0.2)
"""


def test_the_processes_of_a_server_tell_their_durations_together(tmp_path):
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", OF_ONE_PROCESS],
            env=environment,
            cwd=settings.BASE_DIR,
            check=True,
        )
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(tmp_path))
    told = generate_latest(registry).decode()
    assert f'{COUNT}{{route="accounts:sign-in",status="200"}} 2.0' in told
