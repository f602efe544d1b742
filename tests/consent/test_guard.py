"""The last look before a request for consent leaves."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cohorts.models import Child, Parent
from consent.guard import guard
from consent.models import ConsentRequest
from consent.services.requests import send_request
from notifications import outbox
from notifications.signals import letters_withheld
from sessions_app.models import Membership, Session, SessionDate
from tests import factories
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")


@pytest.fixture
def request_for(clinic, nurse):
    """`request_for(child)`: sends a request, and gives its messages."""

    def send(child):
        session = Session.objects.with_days().select_related("location__team")
        send_request(
            child=child,
            session=session.get(pk=clinic.session.pk),
            form_token=uuid4(),
            is_repeat_confirmed=False,
            now=NOW,
            by=nurse,
        )
        return [one for one in clinic.messages(child) if one.template.startswith("consent")]

    return send


def update(model, **values):
    return lambda child: model.objects.update(**values)


def move_the_clinic(child):
    SessionDate.objects.update(value="2027-01-12")


def close(child):
    Session.objects.update(closed_at=NOW)


def vaccinate(child):
    factories.VaccinationRecordFactory(child=child)


def answer(child):
    factories.ResponseFactory(child=child, parent=child.relationships.get().parent)


def test_a_request_still_right_may_go(clinic, request_for):
    assert guard(request_for(clinic.child()), now=NOW) == {}


@pytest.mark.parametrize(
    ("happen", "reason"),
    [
        (update(Child, date_of_death="2027-01-12"), "The child has died"),
        (update(Child, invalidated_at=NOW), "The record is flagged as invalid"),
        (update(Child, restricted_at=NOW), "The record is flagged as sensitive"),
        (close, "Responses are closed"),
        (move_the_clinic, "Responses are closed"),
        (
            update(Membership, left_at=NOW, left_because="Moved to another place"),
            "The child is no longer in the session",
        ),
        (update(Parent, email="", phone=""), "The contact details have changed"),
        (update(ConsentRequest, withheld_at=NOW), "The request was called back"),
        (answer, "A response was recorded meanwhile"),
        (vaccinate, "The child was vaccinated meanwhile"),
    ],
)
def test_i07_i08_e13_e38_what_happened_meanwhile_holds_a_request_back(
    clinic, request_for, happen, reason
):
    child = clinic.child()
    messages = request_for(child)
    happen(child)
    assert guard(messages, now=NOW) == {message.pk: reason for message in messages}


def test_the_guard_is_asked_about_both_requests():
    for template in ("consent_clinic_request", "consent_school_request"):
        assert outbox.guard_of(template) is guard


def test_a_batch_takes_the_same_number_of_queries_whatever_its_size(clinic, request_for):
    counts = []
    messages = []
    for more in (1, 4):
        for _ in range(more):
            messages += request_for(clinic.child())
        with CaptureQueriesContext(connection) as queries:
            guard(messages, now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_i14_a_request_of_which_nothing_went_is_no_request(clinic, request_for):
    child = clinic.child()
    [message, _] = request_for(child)
    letters_withheld.send(type(message), letters={message.letter}, now=NOW)
    assert ConsentRequest.objects.get().withheld_at == NOW
    assert len(request_for(child)) == 4, "it may be sent again without asking"
