"""The least valid row of each model. A date that matters is written in the test."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from accounts.models import Organisation, Role, Team, User
from cohorts.models import Child, Location, Parent, ParentRelationship
from consent.models import ConsentResponse, OnlineDecision, OnlineResponse
from programmes.models import OrganisationProgramme, Programme, Vaccine
from sessions_app.models import Membership, Session, SessionDate
from vaccinations.models import VaccinationRecord

PASSWORD = "mavis-demo"


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Organisation {n}")
    ods_code = factory.Sequence(lambda n: f"R{n:04d}")
    email = factory.LazyAttribute(lambda o: f"{o.ods_code.lower()}@sais.example.com")
    phone = "024 7600 0000"

    @factory.post_generation
    def programmes(self, create, keys, **kwargs):
        """Runs HPV unless the test says `programmes=[...]`."""
        if create:
            for key in ["hpv"] if keys is None else keys:
                OrganisationProgramme.objects.create(organisation=self, programme_id=key)


class TeamFactory(DjangoModelFactory):
    class Meta:
        model = Team

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Team {n}")
    email = factory.Sequence(lambda n: f"team{n}@sais.example.com")
    phone = "024 7600 0001"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    given_name = "Test"
    family_name = "User"
    organisation = factory.SubFactory(OrganisationFactory)
    role = Role.NURSE
    password = factory.django.Password(PASSWORD)


class SchoolFactory(DjangoModelFactory):
    class Meta:
        model = Location

    kind = Location.Kind.SCHOOL
    name = factory.Sequence(lambda n: f"School {n}")
    urn = factory.Sequence(lambda n: f"{100000 + n}")
    team = factory.SubFactory(TeamFactory)
    phase = Location.Phase.SECONDARY
    register_year_groups = [7, 8, 9, 10, 11]


class ClinicFactory(DjangoModelFactory):
    """The one bucket for all clinics of an organisation."""

    class Meta:
        model = Location

    kind = Location.Kind.GENERIC_CLINIC
    name = "Community clinic"
    team = factory.SubFactory(TeamFactory)


class ChildFactory(DjangoModelFactory):
    """A Year 8 child of 2026/27 at no school: the school is unknown."""

    class Meta:
        model = Child

    organisation = factory.SubFactory(OrganisationFactory)
    given_name = factory.Sequence(lambda n: f"Given{n}")
    family_name = factory.Sequence(lambda n: f"Family{n}")
    date_of_birth = date(2013, 10, 1)
    birth_academic_year = factory.LazyAttribute(
        lambda o: o.date_of_birth.year - (0 if o.date_of_birth.month >= 9 else 1)
    )
    home_educated = factory.LazyAttribute(lambda o: None if o.school else False)
    school = None
    postcode = "CV1 2AB"


# Ends of made-up numbers: some Notify takes and forgets, those from 500 to 599 order the sandbox to
# go wrong.
ORDINARY = [n for n in range(1000) if n not in (0, 111, 222) and not 500 <= n < 600]


class ParentFactory(DjangoModelFactory):
    class Meta:
        model = Parent

    organisation = factory.SubFactory(OrganisationFactory)
    full_name = factory.Sequence(lambda n: f"Parent {n}")
    email = factory.Sequence(lambda n: f"parent{n}@example.com")
    phone = factory.Sequence(lambda n: f"+447700900{ORDINARY[n % len(ORDINARY)]:03d}")


class RelationshipFactory(DjangoModelFactory):
    """A parent of the child, in the child's organisation."""

    class Meta:
        model = ParentRelationship

    child = factory.SubFactory(ChildFactory)
    parent = factory.SubFactory(
        ParentFactory, organisation=factory.SelfAttribute("..child.organisation")
    )
    kind = ParentRelationship.Kind.MOTHER


class SessionFactory(DjangoModelFactory):
    """A school session of HPV in 2026/27; `dates=[...]` gives it days."""

    class Meta:
        model = Session
        skip_postgeneration_save = True

    organisation = factory.SubFactory(OrganisationFactory)
    location = factory.SubFactory(
        SchoolFactory, team__organisation=factory.SelfAttribute("...organisation")
    )
    academic_year = 2026

    @factory.post_generation
    def programmes(self, create, keys, **kwargs):
        if create:
            self.programmes.set(Programme.objects.filter(key__in=keys or ["hpv"]))

    @factory.post_generation
    def dates(self, create, days, **kwargs):
        if create:
            for day in days or []:
                SessionDate.objects.create(session=self, value=day)


class ClinicSessionFactory(SessionFactory):
    """The organisation's community clinic session."""

    location = factory.SubFactory(
        ClinicFactory, team__organisation=factory.SelfAttribute("...organisation")
    )


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    session = factory.SubFactory(ClinicSessionFactory)
    child = factory.SubFactory(
        ChildFactory, organisation=factory.SelfAttribute("..session.organisation")
    )
    reason = Membership.Reason.UNKNOWN_SCHOOL
    joined_at = datetime(2026, 9, 1, 8, tzinfo=UTC)


class VaccinationRecordFactory(DjangoModelFactory):
    """HPV, given live in the child's organisation."""

    class Meta:
        model = VaccinationRecord

    child = factory.SubFactory(ChildFactory)
    programme_id = "hpv"
    organisation = factory.SelfAttribute("child.organisation")
    outcome = VaccinationRecord.Outcome.ADMINISTERED
    vaccine = factory.LazyAttribute(
        lambda o: (
            Vaccine.objects.filter(programme_id=o.programme_id).first()
            if o.outcome == VaccinationRecord.Outcome.ADMINISTERED
            else None
        )
    )
    performed_on = date(2026, 10, 1)
    place_name = "Grace Academy"


class ResponseFactory(DjangoModelFactory):
    """A parent's yes to HPV by phone in 2026/27, in a session of the child's organisation."""

    class Meta:
        model = ConsentResponse

    child = factory.SubFactory(ChildFactory)
    programme_id = "hpv"
    organisation = factory.SelfAttribute("child.organisation")
    session = factory.SubFactory(
        ClinicSessionFactory, organisation=factory.SelfAttribute("..child.organisation")
    )
    academic_year = 2026
    parent = factory.SubFactory(
        ParentFactory, organisation=factory.SelfAttribute("..child.organisation")
    )
    parent_name = factory.SelfAttribute("parent.full_name")
    relationship = "Mum"
    decision = ConsentResponse.Decision.GIVEN
    methods = factory.LazyAttribute(lambda o: ["injection"] if o.decision == "given" else [])
    route = ConsentResponse.Route.PHONE
    recorded_by = factory.SubFactory(
        UserFactory, organisation=factory.SelfAttribute("..organisation")
    )
    responded_at = datetime(2027, 1, 11, 9, tzinfo=UTC)


class OnlineResponseFactory(DjangoModelFactory):
    """A mother's online yes to HPV for a child at the session's school; `decisions=[...]` others.

    Each decision is a dict of the fields of `OnlineDecision`.
    """

    class Meta:
        model = OnlineResponse
        skip_postgeneration_save = True

    session = factory.SubFactory(SessionFactory)
    organisation = factory.SelfAttribute("session.organisation")
    recorded_at = datetime(2027, 1, 11, 9, tzinfo=UTC)
    given_name = factory.Sequence(lambda n: f"Given{n}")
    family_name = factory.Sequence(lambda n: f"Family{n}")
    date_of_birth = date(2013, 10, 1)
    school = factory.LazyAttribute(lambda o: None if o.session.is_clinic else o.session.location)
    home_educated = factory.LazyAttribute(lambda o: None if o.school else False)
    address_line_1 = "1 Mill Lane"
    town = "Coventry"
    postcode = "CV1 2AB"
    parent_name = factory.Sequence(lambda n: f"Parent {n}")
    relationship = OnlineResponse.Relationship.MOTHER
    email = factory.Sequence(lambda n: f"online{n}@example.com")

    @factory.post_generation
    def decisions(self, create, decisions, **kwargs):
        if create:
            given = {"decision": "given", "methods": ["injection"]}
            for fields in [{"programme_id": "hpv", **given}] if decisions is None else decisions:
                OnlineDecision.objects.create(response=self, **fields)
