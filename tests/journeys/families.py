"""A family with names and addresses as long as those of families are, and the day on which staff
look at their pages.
"""

from datetime import date

import time_machine

from programmes.models import OrganisationProgramme
from sessions_app.models import SessionDate
from tests import factories
from tests.journeys.gallery import Collector
from tests.sessions_app.conftest import Clinic, at

LONG = {"given_name": "Bartholomew-Alexander", "family_name": "Featherstonehaugh-Cholmondeley"}
NAME = " ".join(LONG.values())
EMAIL = "wilhelmina.featherstonehaugh-cholmondeley@mail.example.com"
WORDS = "Prednisolone, 5 mg.\n" + "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2
TODAY = date(2027, 1, 12)
PROGRAMMES = ["hpv", "flu", "menacwy", "td_ipv", "mmr"]


def on_the_day():
    """12 January 2027, while pages are fetched; the browser needs a clock that runs."""
    return time_machine.travel(at("2027-01-12T10:00"), tick=False)


def collector_of(user):
    """A client that is signed in on the day and keeps the pages it is given."""
    with on_the_day():
        client = Collector()
        client.force_login(user)
        return client


def school_session(organisation, **fields):
    """At a school with a long name, for all programmes."""
    school = factories.SchoolFactory(
        name="Saint Bartholomew-the-Great Voluntary Aided Church of England Secondary School",
        team__organisation=organisation,
        team__email=EMAIL,
        address_line_1="1 Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch Street",
    )
    return factories.SessionFactory(
        organisation=organisation,
        location=school,
        programmes=PROGRAMMES,
        dates=[date(2027, 1, 25), date(2027, 2, 1)],
        **fields,
    )


def clinic_of(organisation):
    """A clinic for all programmes, with a date that day."""
    for key in PROGRAMMES[1:]:
        OrganisationProgramme.objects.create(organisation=organisation, programme_id=key)
    with on_the_day():
        clinic = Clinic(organisation)
        clinic.session.programmes.set(PROGRAMMES)
        SessionDate.objects.create(session=clinic.session, value=TODAY)
    return clinic


def long_child(place, **fields):
    """A child of `place` and its parent."""
    child = place.child(**LONG, **fields)
    child.relationships.update(kind="other", other_name="Grandmother and legal guardian")
    parent = child.relationships.get().parent
    parent.full_name, parent.email = f"Wilhelmina {LONG['family_name']}", EMAIL
    parent.save()
    return child, parent
