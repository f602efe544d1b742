"""A real browser. Journeys are few; each walks what a person does, word for word.

Chromium is the one named by CHROMIUM, else the first on the PATH. With SCREENSHOTS=folder every
page that a journey checks is kept as a picture, wide and narrow.
"""

import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections
from playwright.sync_api import expect, sync_playwright

from mavis.local.suite import BROWSERS
from tests.factories import PASSWORD
from tests.journeys.browser import WIDE, Visitor
from tests.journeys.gallery import HOST, Gallery

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# A page that never comes fails; one that a busy machine is slow with does not.
PATIENCE_MS = 60_000


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("journey")


def chromium() -> str:
    """The browser's program; a machine without one is told what to do."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.fail("No Chromium on the PATH: install one, or set CHROMIUM to its program")
    return found


@pytest.fixture(scope="module")
def browser(django_db_setup):
    """A running Chromium.

    While Playwright runs, this thread counts as asynchronous: Django then gives it database
    connections of its own, which know nothing yet of what to restore between tests.
    """
    reference_data = connection._test_serialized_contents
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        connection._test_serialized_contents = reference_data
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()
        connections.close_all()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def _visitor(browser, request, address, **options):
    context = browser.new_context(base_url=address, viewport=WIDE, **options)
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    folder = os.environ.get("SCREENSHOTS")
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    yield Visitor(
        context.new_page(),
        name,
        Path(folder) if folder else None,
        runs_scripts=options.get("java_script_enabled", True),
    )
    context.close()


@pytest.fixture
def visitor(browser, live_server, request):
    """Somebody who has not signed in, with JavaScript."""
    with _visitor(browser, request, live_server.url) as visitor:
        yield visitor


@pytest.fixture
def visitor_without_javascript(browser, live_server, request):
    with _visitor(browser, request, live_server.url, java_script_enabled=False) as visitor:
        yield visitor


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def either_visitor(browser, live_server, request):
    """Somebody who has not signed in, once with and once without JavaScript."""
    runs_scripts = request.param
    with _visitor(browser, request, live_server.url, java_script_enabled=runs_scripts) as visitor:
        yield visitor


@pytest.fixture
def nurse_visitor(visitor, nurse):
    """The nurse, signed in through the page, on the home page."""
    visitor.sign_in(nurse.email, PASSWORD)
    return visitor


@pytest.fixture
def show(browser, request):
    """`show(client)`: have the browser show every page that a `Collector` was given."""
    with _visitor(browser, request, HOST) as visitor:
        yield Gallery(visitor).show
