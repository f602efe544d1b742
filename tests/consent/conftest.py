"""A nurse at work on 12 January 2027, with a clinic on the 25th."""

import pytest

from consent.models import ConsentResponse
from sessions_app import statuses
from tests import factories
from tests.consent.online import Link
from tests.consent.wizard import Wizard
from tests.sessions_app.conftest import Clinic, at

MORNING = "2027-01-12T10:00"


@pytest.fixture(autouse=True)
def morning(time_machine):
    """The clock stands still; a test may move it with `morning.move_to(at("…"))`."""
    time_machine.move_to(at(MORNING), tick=False)
    return time_machine


@pytest.fixture
def clinic(organisation):
    return Clinic(organisation)


@pytest.fixture
def answered():
    """`answered(child, "given")`: a parent's answer, with the stored status as it follows."""

    def answer(child, decision, **fields):
        if decision == ConsentResponse.Decision.REFUSED:
            fields.setdefault("reason", ConsentResponse.Reason.PERSONAL)
        response = factories.ResponseFactory(
            child=child,
            decision=decision,
            session=child.memberships.get().session,
            **fields,
        )
        statuses.refresh([child.pk], today=at(MORNING).date())
        return response

    return answer


@pytest.fixture
def child(clinic):
    return clinic.child(given_name="Jo", family_name="Lee")


@pytest.fixture
def mum(child):
    return child.relationships.get().parent


@pytest.fixture
def wizard(nurse_client, clinic, child):
    return Wizard(nurse_client, clinic, child)


@pytest.fixture
def link(organisation):
    """The link of a school's session."""
    return Link(organisation)
