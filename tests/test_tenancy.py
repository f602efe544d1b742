"""No address that names a row of one organisation opens for another's people.

The test walks the URL map itself, so that a new page cannot be forgotten: an address with a
part that `parts_of` does not know fails here until somebody says which row stands for it.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.urls import URLPattern, get_resolver, reverse

from accounts.middleware import PUBLIC
from cohorts.child_rows import ChildRow
from cohorts.models import ImportIssue, SchoolMove, Upload
from notifications.models import Channel, Message
from sessions_app.models import DatesChange, Mailing, ScheduleDraft
from tests.conftest import signed_in
from tests.factories import (
    ClinicSessionFactory,
    MembershipFactory,
    OnlineResponseFactory,
    RelationshipFactory,
    ResponseFactory,
    UserFactory,
    VaccinationRecordFactory,
)
from vaccinations.models import HistoryIssue

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


# Rows that belong to no organisation: only operators reach them.
OF_NO_ORGANISATION = {"messages:end-stoppage"}
# Their parts name a kind of thing, and no row.
OF_NO_ROW = {"uploads:file"}


@dataclass(frozen=True)
class Address:
    """A named address with the parts it takes."""

    name: str
    route: str
    parts: tuple[str, ...]

    @property
    def area(self) -> str:
        return self.name.split(":")[0]

    @property
    def is_public(self) -> bool:
        """Whether it is for parents or machines, who have no organisation."""
        return self.route.startswith(PUBLIC)


def addresses(resolver, namespace="", route="/", parts=()) -> Iterator[Address]:
    """Every named address below, without the admin site."""
    for entry in resolver.url_patterns:
        here = route + str(entry.pattern)
        taken = (*parts, *entry.pattern.converters)
        if isinstance(entry, URLPattern):
            yield Address(f"{namespace}{entry.name}", here, tuple(dict.fromkeys(taken)))
        elif entry.namespace != "admin":
            inner = f"{entry.namespace}:" if entry.namespace else ""
            yield from addresses(entry, f"{namespace}{inner}", here, taken)


ADDRESSES = [
    address
    for address in addresses(get_resolver())
    if address.parts
    and not address.is_public
    and address.name not in OF_NO_ORGANISATION | OF_NO_ROW
]


@pytest.fixture
def parts_of(nurse, organisation):
    """The part of an address, by its name and by the area it is in, as rows of our organisation."""
    member = MembershipFactory(session=ClinicSessionFactory(organisation=organisation))
    session, child = member.session, member.child
    upload = Upload.objects.create(
        organisation=organisation, kind="cohort", file_name="roll.csv", sha256="0" * 64
    )
    row = ChildRow(
        line=2,
        given_name="Ravi",
        family_name="Poole",
        date_of_birth=child.date_of_birth,
        birth_academic_year=child.birth_academic_year,
        postcode="CV1 2AB",
        school_id=None,
        home_educated=True,
    )
    issue = ImportIssue.objects.create(
        child=child,
        upload=upload,
        line=2,
        values={"given_name": "Ravi"},
        row=row.as_json(),
        matched_on_nhs_number=True,
    )
    move = SchoolMove.objects.create(
        child=child, organisation=organisation, source="cohort", home_educated=True
    )
    history_issue = HistoryIssue.objects.create(
        record=VaccinationRecordFactory(child=child), upload=upload, line=2, values={}
    )
    message = Message.objects.create(
        letter=uuid.uuid4(),
        template="clinic_initial_invitation",
        channel=Channel.EMAIL,
        recipient="parent@example.com",
        organisation=organisation,
        child=child,
        status=Message.Status.FAILED,
        due_at=NOW,
    )
    draft = ScheduleDraft.objects.create(owner=nurse, session=session)
    mailing = Mailing.objects.create(session=session, queued_by=nurse, queued_at=NOW)
    named = {
        "mailing_id": mailing.pk,
        "change_id": DatesChange.objects.create(
            session=session, changed_at=NOW, changed_by=nurse, in_words="1 March added"
        ).pk,
        "slug": session.slug,
        "reference": message.reference,
        "draft_id": draft.pk,
        "programme": "hpv",
        "programmes": "hpv",
        "child_id": child.public_id,
        "parent_id": RelationshipFactory(child=child).public_id,
        "other_id": RelationshipFactory(child=child).public_id,
        "tab": "no-response",
        "group": "needed",
        "step": "who",
        "response_id": ResponseFactory(child=child, session=session).public_id,
    }
    public_ids = {
        "children": child.public_id,
        "consent": child.public_id,
        "uploads": upload.public_id,
        "issues": issue.public_id,
        "school-moves": move.public_id,
        "vaccinations": history_issue.public_id,
        "unmatched": OnlineResponseFactory(session__organisation=organisation).public_id,
    }

    def find(address: Address) -> dict:
        values = named | {"public_id": public_ids.get(address.area)}
        unknown = [part for part in address.parts if values.get(part) is None]
        assert not unknown, f"say which row stands for {unknown} of {address.name}"
        return {part: values[part] for part in address.parts}

    return find


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_rows_of_another_organisation_are_not_found(address, parts_of, superuser, elsewhere):
    path = reverse(address.name, kwargs=parts_of(address))
    stranger = signed_in(UserFactory(organisation=elsewhere, is_superuser=True, is_staff=True))
    for method in (stranger.get, stranger.post):
        assert method(path).status_code in (404, 405)
    ours = signed_in(superuser)
    assert ours.get(path).status_code != 404, "the row that stands for it is not really there"


def test_the_walk_finds_the_pages_of_sessions():
    assert "sessions:show" in {address.name for address in ADDRESSES}
