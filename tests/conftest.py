"""What every test may use. The cast: `nurse`, `administrator`, `nurse_elsewhere`."""

import pytest

from tests import factories


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
