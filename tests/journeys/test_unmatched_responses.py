"""A nurse finds the children whom parents' online responses mean."""

import pytest

from cohorts.services import school_moves
from tests import factories
from tests.consent.online import NOW, Link


@pytest.fixture
def link(transactional_db, organisation):
    link = Link(organisation, school_name="Pilot School")
    link.response(given_name="Sam", family_name="Poole", parent_name="Pat Poole")
    link.response(
        given_name="Bartholomew-Alexander",
        family_name="Featherstonehaugh-Cholmondeley",
        parent_name="Wilhelmina Featherstonehaugh-Cholmondeley",
        email="wilhelmina.featherstonehaugh-cholmondeley@mail.example.com",
        recorded_at=NOW,
    )
    child = link.child(given_name="Sue", family_name="Poole", postcode="CV6 5EX")
    birch = factories.SchoolFactory(team=link.school.team, name="Birch School")
    target = school_moves.Schooling(birch.pk, None)
    school_moves.propose([school_moves.Proposal(child, target)], source="consent", now=NOW)
    return link


def test_responses_are_matched_created_and_archived(link, nurse_visitor):
    visitor = nurse_visitor
    visitor.sees("2 to review")
    visitor.check_page()  # the home page with something to do
    visitor.open_area("Unmatched responses")
    visitor.sees("Pat Poole (Mum)")
    visitor.click("Match with record Sam Poole")
    visitor.sees("Suggested records")
    visitor.fill("Search", "poole")
    visitor.click("Search")
    visitor.sees("1 child found")
    visitor.click("Select Sue Poole")
    visitor.sees_heading("Link consent response with child record?")
    visitor.click("Link response with record")
    visitor.follow_error("Confirm that the response is about this child")
    visitor.choose("I have checked that this response is about Sue Poole")
    visitor.click("Link response with record")
    visitor.sees("Consent response linked with Sue Poole")
    name = "Bartholomew-Alexander Featherstonehaugh-Cholmondeley"
    visitor.click(f"Archive {name}")
    visitor.click("Archive response")
    visitor.follow_error("Enter why you are archiving this response")
    visitor.click("Cancel")
    visitor.click(f"Create record {name}")
    visitor.click("Create new record")
    visitor.sees("There are currently no unmatched consent responses.")
    visitor.open_area("School moves")
    visitor.sees("Consent response updated:")
    visitor.click("Review Sue Poole")
