"""Who answered: a parent who is known, or one who is added while recording an answer."""

from dataclasses import asdict, dataclass
from datetime import datetime

from accounts.models import User
from cohorts.models import Child, Parent, ParentRelationship
from cohorts.parent_rules import Person, is_same_person
from cohorts.signals import children_changed
from notifications import readdressing


@dataclass(frozen=True)
class Details:
    """Where somebody can be written to, in the stored form, and whether they want texts."""

    email: str = ""
    phone: str = ""
    wants_text_updates: bool = False


@dataclass(frozen=True)
class NewContact:
    """A parent or guardian as a person typed them in."""

    full_name: str
    kind: str
    other_name: str
    details: Details
    contact_method: str = Parent.ContactMethod.ANY
    contact_method_details: str = ""

    @property
    def email(self) -> str:
        return self.details.email

    @property
    def phone(self) -> str:
        return self.details.phone


def stored_details(parent: Parent) -> Details:
    """Where the record says that a parent can be written to."""
    return Details(parent.email, parent.phone, parent.wants_text_updates)


def details_in_force(given: Details, stored: Details, *, are_hidden: bool) -> Details:
    """The details to go by: what was given. Of stored ones that must not be seen, what was left
    empty holds: nobody takes back what they cannot see, nor that a number gets texts.
    """
    if not are_hidden:
        return given
    return Details(
        email=given.email or stored.email,
        phone=given.phone or stored.phone,
        wants_text_updates=given.wants_text_updates
        or (not given.phone and stored.wants_text_updates),
    )


def contact_of(child: Child, new: NewContact) -> tuple[ParentRelationship, bool]:
    """The child's parent who is that person, added unless known; and whether they were added.

    Of somebody known, blanks are filled. Everybody else is a new person, since two people may
    share an address. Source: consent §3 and §15.
    """
    if relationship := parent_of_child(child, new):
        fill_blanks(relationship, new)
        return relationship, False
    parent = Parent.objects.create(
        organisation_id=child.organisation_id,
        full_name=new.full_name,
        contact_method=new.contact_method,
        contact_method_details=new.contact_method_details,
        **asdict(new.details),
    )
    relationship = ParentRelationship.objects.create(
        child=child, parent=parent, kind=new.kind, other_name=new.other_name
    )
    return relationship, True


def parent_of_child(child: Child, person: Person) -> ParentRelationship | None:
    """The child's parent who is that person, if any."""
    relationships = ParentRelationship.objects.filter(child=child).select_related("parent")
    return next(
        (one for one in relationships if is_same_person(one.parent, person, is_of_child=True)), None
    )


def fill_blanks(relationship: ParentRelationship, person: NewContact) -> None:
    """Put on record what it did not say of a parent. Texts are only ever switched on here: a box
    left empty does not take back a wish.
    """
    parent = Parent.objects.lock().get(pk=relationship.parent_id)
    values: dict[str, str | bool] = {
        name: getattr(parent, name) or getattr(person, name)
        for name in ("full_name", "email", "phone")
    }
    if person.phone and values["phone"] == person.phone:
        wants = parent.wants_text_updates or person.details.wants_text_updates
        values["wants_text_updates"] = wants
        if parent.contact_method == Parent.ContactMethod.ANY:
            values["contact_method"] = person.contact_method
            values["contact_method_details"] = person.contact_method_details
    parent.correct(**values)
    relationship.parent = parent
    if relationship.kind == ParentRelationship.Kind.UNKNOWN:
        relationship.kind, relationship.other_name = person.kind, person.other_name
        relationship.save(update_fields=["kind", "other_name"])


def replace_details(parent: Parent, details: Details, *, now: datetime, by: User) -> bool:
    """Put contact details on record in place of the stored ones; whether they differed."""
    parent.refresh_from_db(from_queryset=Parent.objects.lock())
    before = stored_details(parent)
    if before == details:
        return False
    parent.correct(**asdict(details))
    readdressing.follow_correction(parent, email=before.email, phone=before.phone, now=now)
    child_ids = sorted(parent.relationships.values_list("child_id", flat=True))
    children_changed.send(Parent, child_ids=child_ids, by=by, now=now)
    return True
