"""Every view and POST about consent asks what the person may. Source: consent §13."""

import pytest
from django.urls import get_resolver, reverse

from accounts.models import AccessLogEntry
from tests import factories
from tests.conftest import signed_in
from tests.test_tenancy import addresses, parts_of

__all__ = ["parts_of"]
pytestmark = pytest.mark.django_db

AREAS = {"consent", "unmatched", "school-moves"}
OF_NURSES = {"consent:triage", "consent:gillick"}
ADDRESSES = [
    address
    for address in addresses(get_resolver())
    if address.area in AREAS and not address.is_public
]


@pytest.mark.parametrize(
    "address", ADDRESSES, ids=lambda address: f"{address.name} {len(address.parts)}"
)
def test_nobody_sees_or_does_what_their_role_does_not_let_them(
    address, parts_of, organisation, administrator_client
):
    """Somebody of the organisation, whose role is neither nurse nor administrator."""
    path = reverse(address.name, kwargs=parts_of(address))
    other = signed_in(factories.UserFactory(organisation=organisation, role="clerk"))
    answers = {other.get(path).status_code, other.post(path).status_code}
    assert 403 in answers
    assert answers <= {403, 405}
    assert not AccessLogEntry.objects.filter(user__role="clerk").exists()
    of_administrator = {
        administrator_client.get(path).status_code,
        administrator_client.post(path).status_code,
    }
    assert (403 in of_administrator) == (address.name in OF_NURSES)


def test_the_walk_finds_what_is_done_by_a_post():
    assert {"consent:send-request", "unmatched:create"} <= {address.name for address in ADDRESSES}
