"""A school session with one child, and what parents answer online about them."""

from datetime import date

from cohorts.models import ParentRelationship
from consent.models import OnlineResponse
from consent.services import matching
from sessions_app import memberships
from sessions_app.models import Membership
from tests import factories
from tests.sessions_app.conftest import at

NOW = at("2027-01-12T10:00")
YES_TO_TRIAGE = [
    {
        "question": "severe_allergies",
        "text": "Allergies?",
        "yes": True,
        "details": "Nuts",
        "calls_for_triage": True,
        "follows": "",
    }
]


class Link:
    """A session's link: its children, and responses that come in by it."""

    def __init__(self, organisation, *, school_name="Pilot School", **fields):
        self.organisation = organisation
        self.session = factories.SessionFactory(
            organisation=organisation,
            location__name=school_name,
            dates=[date(2027, 1, 25)],
            **fields,
        )
        self.school = self.session.location

    def child(self, *, mum=True, **fields):
        fields = {"given_name": "Jo", "family_name": "Lee", "school": self.school} | fields
        child = factories.ChildFactory(organisation=self.organisation, **fields)
        if mum:
            factories.RelationshipFactory(
                child=child,
                parent__full_name="Mo Lee",
                parent__email="mo@example.com",
                parent__phone="+447700900001",
            )
        memberships.join(
            self.session, [child.pk], reason=Membership.Reason.AT_SCHOOL, now=at("2026-12-01T10:00")
        )
        return child

    def response(self, **fields):
        """What Mo Lee answers about Jo, unless the test says otherwise."""
        fields = {
            "given_name": "Jo",
            "family_name": "Lee",
            "parent_name": "Mo Lee",
            "email": "mo@example.com",
            "recorded_at": at("2027-01-12T09:00"),
        } | fields
        return factories.OnlineResponseFactory(session=self.session, **fields)

    def match(self, response, *, now=NOW):
        found = matching.match(response.pk, now=now)
        response.refresh_from_db()
        return found

    def answer(self, **fields):
        """A response, matched by itself if it can be."""
        response = self.response(**fields)
        self.match(response)
        return response


def parents_of(child):
    return {
        (one.parent.full_name, one.parent.email, one.parent.phone)
        for one in ParentRelationship.objects.filter(child=child).select_related("parent")
    }


def waiting():
    return list(OnlineResponse.objects.waiting())


def titles_of(child):
    return list(child.activity.order_by("id").values_list("title", flat=True))
