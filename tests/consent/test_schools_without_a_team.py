"""A school may be taken from its team while its session is open: the organisation is named then."""

import pytest
from django.urls import reverse

from consent import messages
from consent.models import OnlineResponse
from consent.paper.content import form_for
from consent.services import online_replies
from notifications.models import Message
from sessions_app.models import Session
from tests import factories
from tests.consent.online import Link
from tests.instants import at

NOW = at("2027-01-12T10:00")


@pytest.fixture(params=["nobody", "another"])
def link(request, organisation, elsewhere):
    """The link of a school that an operator has given to nobody, or to another's team."""
    link = Link(organisation)
    link.school.team = (
        None if request.param == "nobody" else factories.TeamFactory(organisation=elsewhere)
    )
    link.school.save()
    link.session = Session.objects.with_days().get(pk=link.session.pk)
    return link


def test_messages_and_paper_name_the_organisation(link, organisation):
    told = messages.about_team(link.session)
    assert told == {
        "team_name": organisation.name,
        "team_email": organisation.email,
        "team_phone": organisation.phone,
    }
    form = form_for(link.session, list(link.session.programmes.all()), today=NOW.date())
    assert form.team[0] == organisation.name


def test_an_answer_is_matched_and_confirmed(link, organisation):
    child = link.child()
    response = link.answer()
    online_replies.confirm(response.pk, now=NOW)
    assert OnlineResponse.objects.get(pk=response.pk).child == child
    assert {one.personalisation["team_name"] for one in Message.objects.all()} == {
        organisation.name
    }


def test_staff_record_an_answer(link, nurse_client):
    child = link.child()
    address = reverse(
        "consent:child", kwargs={"slug": link.session.slug, "public_id": child.public_id}
    )
    assert nurse_client.get(address).status_code == 200
    factories.ResponseFactory(child=child, session=link.session)
    assert nurse_client.get(address).status_code == 200
