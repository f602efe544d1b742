"""What a phone has to fetch to show a parent's page for the first time. Source: consent §2."""

import gzip
import re
from datetime import date
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests import factories
from tests.consent.parent import ParentForm

pytestmark = pytest.mark.django_db
MOST = 60 * 1024
PARTS = re.compile(r'"/static/([^"]+\.(?:css|js))"')


def weight(response):
    """Bytes of the page, its styles and its scripts, each compressed as a server would."""
    html = response.content
    parts = {Path(finders.find(name)).read_bytes() for name in PARTS.findall(html.decode())}
    assert len(parts) >= 4
    return sum(len(gzip.compress(part)) for part in (html, *parts))


def test_every_page_fits_into_60_kilobytes(organisation):
    team = factories.TeamFactory(organisation=organisation)
    schools = [
        factories.SchoolFactory(
            team=team,
            name=f"{name} {kind} {number}",
            address_line_1=f"{number * 7} {kind} Road",
            town=name,
            postcode=f"CV{number % 9 + 1} {number % 8 + 1}AB",
        )
        for name in ("Ash", "Birch", "Cedar", "Downs", "Elm")
        for kind in ("Academy", "Church of England Primary School", "Community School", "High")
        for number in range(15)
    ]
    session = factories.SessionFactory(
        organisation=organisation,
        location=schools[0],
        programmes=["flu"],
        dates=[date(2027, 1, 25)],
    )
    form = ParentForm(session, "flu")
    weights = {"start": weight(form.client.get(form.address()))}
    form.start()
    while form.step != "check":
        weights[form.step] = weight(form.client.get(form.at))
        form.answer_page(
            confirm_school={"is_school": "no"},
            school={"school": "home"},
            decision={"decision": "nasal"},
            narrowing={"answer": "yes"},
        )
    weights["check"] = weight(form.client.get(form.at))
    assert {step: size for step, size in weights.items() if size > MOST} == {}
    assert len(weights) > 20
