"""What every test may use. The cast: `nurse`, `administrator`, `superuser`, `nurse_elsewhere`."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest
import time_machine
from django.core import serializers
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, settings
from pytest_django.plugin import blocking_manager_key

from accounts.models import Role, User
from tests import factories
from tests.sandbox_process import sandbox, sandbox_process  # noqa: F401 - fixtures

# Far from midnight and from the ends of school years and of British summer time.
START = datetime(2026, 11, 26, 12, tzinfo=UTC)
TABLES_ARE_EMPTY = pytest.StashKey[bool]()

# How fast the machine is, a test has no opinion.
settings.register_profile("mavis", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mavis")


@pytest.fixture(scope="session", autouse=True)
def the_same_day():
    """Every run starts at noon on that day: no test depends on when it runs.

    The clock goes on from there; a test that means another instant moves it with `time_machine`.
    """
    with time_machine.travel(START.timestamp()):
        yield


def pytest_collection_modifyitems(items):
    """Keep what a new database holds for `reference_data`, also where tests mark themselves."""
    for item in items:
        for marker in item.iter_markers("django_db"):
            marker.kwargs.setdefault("serialized_rollback", True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Have emptied tables filled again with a statement a table: Django takes one a row. What is
    there already stays.
    """
    with pytest.MonkeyPatch.context() as patch:
        # Of every connection: beside a browser Django makes others.
        creation = type(connection.creation)
        patch.setattr(creation, "deserialize_db_from_string", lambda self, rows: _fill_tables(rows))
        yield


def _fill_tables(contents: str) -> None:
    rows = defaultdict(list)
    for row in serializers.deserialize("json", contents):
        rows[type(row.object)].append(row.object)
    # Foreign keys are looked at when the transaction ends, whichever table comes first.
    with transaction.atomic():
        for model, found in rows.items():
            model._base_manager.bulk_create(found, ignore_conflicts=True)


def _empties_tables(item) -> bool:
    marker = item.get_closest_marker("django_db")
    is_marked = marker is not None and marker.kwargs.get("transaction", False)
    return is_marked or bool({"transactional_db", "live_server"} & set(item.fixturenames))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Fill the tables again that a test without a transaction left empty.

    Such a test does so for itself; those in a transaction rely on coming first, but a worker that
    takes tests over from another gets them in any order.
    """
    if _empties_tables(item):
        item.session.stash[TABLES_ARE_EMPTY] = True
        return
    uses_tables = "db" in item.fixturenames or item.get_closest_marker("django_db")
    if uses_tables and item.session.stash.get(TABLES_ARE_EMPTY, False):
        with item.config.stash[blocking_manager_key].unblock():
            _fill_tables(connection._test_serialized_contents)
        item.session.stash[TABLES_ARE_EMPTY] = False


@pytest.fixture(autouse=True)
def reference_data(django_db_serialized_rollback):
    """Programmes and vaccines come with the migrations: also after a test that empties tables."""


@pytest.fixture
def organisation(db):
    return factories.OrganisationFactory(name="Coventry SAIS", ods_code="RYG")


@pytest.fixture
def elsewhere(db):
    return factories.OrganisationFactory(name="Elsewhere SAIS", ods_code="RXX")


@pytest.fixture
def nurse(organisation):
    return factories.UserFactory(
        organisation=organisation,
        email="nurse@example.com",
        given_name="Nadia",
        family_name="Nurse",
    )


@pytest.fixture
def nurse_elsewhere(elsewhere):
    return factories.UserFactory(organisation=elsewhere, email="nurse@elsewhere.example.com")


@pytest.fixture
def administrator(organisation):
    return factories.UserFactory(
        organisation=organisation,
        email="admin@example.com",
        given_name="Adam",
        family_name="Admin",
        role=Role.ADMINISTRATOR,
    )


@pytest.fixture
def superuser(organisation):
    return factories.UserFactory(
        organisation=organisation,
        email="superuser@example.com",
        given_name="Sue",
        family_name="Superuser",
        is_superuser=True,
        is_staff=True,
    )


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def nurse_client(nurse):
    return signed_in(nurse)


@pytest.fixture
def administrator_client(administrator):
    return signed_in(administrator)


@pytest.fixture
def superuser_client(superuser):
    return signed_in(superuser)


@pytest.fixture
def client_elsewhere(nurse_elsewhere):
    """A nurse of another organisation: nothing of ours may open for them."""
    return signed_in(nurse_elsewhere)
