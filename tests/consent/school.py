"""A school whose children are asked for consent, with short words for what tests do to it."""

from datetime import date

from calendars.clock import london_day
from cohorts.models import Parent
from consent.models import ConsentRequest, Triage
from consent.services import asking, reminding
from notifications.models import Message
from sessions_app import memberships, statuses
from sessions_app.models import Membership, Session
from tests import factories
from tests.sessions_app.conftest import at

JAN_12, JAN_19 = date(2027, 1, 12), date(2027, 1, 19)
NINE = "2027-01-11T09:00"


class School:
    """Grace Academy, visited on 12 January 2027 unless told otherwise; requests go three weeks
    before the first date, reminders a week before each.
    """

    def __init__(self, organisation, dates=(date(2027, 1, 12),), requests_on=None, **fields):
        self.organisation = organisation
        names = {"location__name": "Grace Academy", "location__team__name": "Coventry team"}
        self.session = factories.SessionFactory(
            organisation=organisation,
            location__team__email="team@sais.example.com",
            **names | {key: fields.pop(key) for key in names if key in fields},
            dates=dates,
            consent_requests_on=requests_on or date(2026, 12, 22),
            days_before_consent_reminders=fields.pop("reminder_days", 7),
            **fields,
        )

    def child(self, **fields):
        """A child at the school whose parents have an email address and a mobile each."""
        return self.children(1, **fields)[0]

    def children(self, count, *, parents=1, joined="2026-09-02T08:00", **fields):
        """As many such children, who came to the school at one time."""
        children = factories.ChildFactory.create_batch(
            count, organisation=self.organisation, school=self.session.location, **fields
        )
        for child in children:
            factories.RelationshipFactory.create_batch(parents, child=child)
        memberships.join(
            self.session,
            [child.pk for child in children],
            reason=Membership.Reason.AT_SCHOOL,
            now=at(joined),
        )
        return children

    def refresh(self, *children, now="2026-12-01T12:00"):
        statuses.refresh([child.pk for child in children], today=london_day(at(now)))

    def run(self, day, time="16:00"):
        """What the job does at four in the afternoon of a day; how many letters it queues."""
        return asking.plan_each(now=at(f"{day}T{time}"))

    def with_days(self):
        return (
            Session.objects.with_days()
            .select_related("location__team", "organisation")
            .get(pk=self.session.pk)
        )

    def letters(self, child=None):
        """Each letter as (London day, kind, programmes), oldest first."""
        found = ConsentRequest.objects.filter(session=self.session, withheld_at__isnull=True)
        if child is not None:
            found = found.filter(child=child)
        letters = {}
        for row in found.order_by("requested_at", "pk"):
            key = (row.letter, row.child_id, london_day(row.requested_at).isoformat(), row.kind)
            letters.setdefault(key, []).append(row.programme_id)
        return [(day, kind, sorted(keys)) for (_, _, day, kind), keys in letters.items()]

    def messages(self, child=None):
        found = Message.objects.filter(session_id=self.session.pk).order_by("id")
        return list(found if child is None else found.filter(child=child))


class Visited(School):
    """A school visited on 12 and 19 January whose parents answered on the 4th."""

    def __init__(self, organisation, dates=(JAN_12, JAN_19), **fields):
        super().__init__(organisation, dates, **fields)

    def answer(self, child, decision="given", parent=None, **fields):
        response = self._answer(child, decision, parent, **fields)
        self.refresh(child, now=NINE)
        return response

    def _answer(self, child, decision="given", parent=None, **fields):
        if decision == "refused":
            fields.setdefault("reason", "personal")
        return factories.ResponseFactory(
            child=child,
            session=self.session,
            parent=parent or child.relationships.order_by("pk").first().parent,
            decision=decision,
            responded_at=fields.pop("responded_at", at("2027-01-04T10:00")),
            **fields,
        )

    def ready(self, **fields):
        """A child whose first parent gave consent and gets texts too."""
        return self.all_ready(1, **fields)[0]

    def all_ready(self, count, **fields):
        """As many such children."""
        children = self.children(count, **fields)
        Parent.objects.filter(relationships__child__in=children).update(wants_text_updates=True)
        for child in children:
            self._answer(child)
        self.refresh(*children, now=NINE)
        return children

    def triage(self, child, nurse, outcome, when="2027-01-05T10:00"):
        Triage.objects.create(
            child=child,
            programme_id="hpv",
            organisation=self.organisation,
            session=self.session,
            academic_year=2026,
            outcome=outcome,
            performed_by=nurse,
            performed_at=at(when),
            delay_until=JAN_12 if outcome == "delay" else None,
        )
        self.refresh(child, now=NINE)

    def remind(self, now=NINE):
        return reminding.remind_each(now=at(now))
