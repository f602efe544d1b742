import pytest

from cohorts.models import Parent
from tests import factories
from tests.records.parents.pages import NOW
from tests.sessions_app.conftest import Clinic


@pytest.fixture(autouse=True)
def morning(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def clinic(organisation):
    """A clinic on the 25th, whose invitations are due."""
    return Clinic(organisation)


@pytest.fixture
def child(clinic):
    return clinic.child(given_name="Jo", family_name="Lee")


@pytest.fixture
def mum(child):
    relationship = child.relationships.get()
    Parent.objects.filter(pk=relationship.parent_id).update(
        full_name="Mo Lee", email="mo@example.com", phone="", wants_text_updates=False
    )
    relationship.refresh_from_db()
    return relationship


@pytest.fixture
def again(mum):
    """Mum once more, as a form with her new address made her."""
    return factories.RelationshipFactory(
        child=mum.child,
        parent__organisation=mum.child.organisation,
        parent__full_name="Mo Lee",
        parent__email="mo.new@example.com",
        parent__phone="",
        kind="mother",
    )
