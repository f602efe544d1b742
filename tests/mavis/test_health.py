"""`GET /healthz` says whether the process can do its work, and which part cannot."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import override_settings

from mavis import health

UNREACHABLE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def forget_the_answer_about_migrations():
    health._remembered_yes.cache_clear()
    yield
    health._remembered_yes.cache_clear()


def test_all_is_well(client, db):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
        "migrations": "ok",
    }
    assert response["Cache-Control"] == "no-store"


def test_a_broker_that_is_down_is_named_without_details(client, db):
    with override_settings(REDIS_URL=UNREACHABLE):
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unwell",
        "database": "ok",
        "broker": "unwell",
        "migrations": "ok",
    }


def test_a_missing_migration_is_named_and_found_once_applied(client, db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'programmes'")
    assert client.get("/healthz").json()["migrations"] == "unwell"
    assert client.get("/healthz").status_code == 503


def test_a_database_that_is_down_is_named():
    def ask() -> dict:
        # A thread has a connection of its own, which may be spoilt.
        connection.settings_dict = {**connection.settings_dict, "NAME": "no_such_database"}
        response = health.answer()
        connection.close()
        return {"code": response.status_code, **json.loads(response.content)}

    with ThreadPoolExecutor() as threads:
        assert threads.submit(ask).result() == {
            "code": 503,
            "status": "unwell",
            "database": "unwell",
            "broker": "ok",
            "migrations": "unwell",
        }


def test_asking_again_costs_one_query_and_no_session(client, db, django_assert_num_queries):
    client.get("/healthz")
    with django_assert_num_queries(1):
        response = client.get("/healthz")
    assert not response.cookies


def test_any_host_and_plain_http_may_ask(client, db):
    with override_settings(ALLOWED_HOSTS=["mavis.example.com"], SECURE_SSL_REDIRECT=True):
        assert client.get("/healthz", headers={"host": "10.0.0.7"}).status_code == 200


def test_only_reading_is_allowed(client):
    assert client.post("/healthz").status_code == 405
