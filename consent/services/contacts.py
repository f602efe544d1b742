"""Who answered: a parent who is known, or one who is added while recording an answer."""

from dataclasses import asdict, dataclass
from datetime import datetime

from accounts.models import User
from cohorts.models import Child, Parent, ParentRelationship
from cohorts.search import fold
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


def stored_details(parent: Parent) -> Details:
    """Where the record says that a parent can be written to."""
    return Details(parent.email, parent.phone, parent.wants_text_updates)


def details_in_force(given: Details, stored: Details, *, are_hidden: bool) -> Details:
    """The details to go by: what was given, or the stored ones, texts with them, where nothing was
    typed because they must not be seen.
    """
    return stored if are_hidden and not (given.email or given.phone) else given


def contact_of(child: Child, new: NewContact) -> tuple[ParentRelationship, bool]:
    """The child's parent with these details, added unless known; and whether they were added.

    Known is a parent of this child with the same name, who shares an address or number and
    contradicts in none; blanks are filled. Everybody else is a new person, since two people may
    share an address. Source: consent §3 and §15.
    """
    for relationship in ParentRelationship.objects.filter(child=child).select_related("parent"):
        if _is_same_person(relationship.parent, new):
            _fill_blanks(relationship.parent, new.details)
            return relationship, False
    parent = Parent.objects.create(
        organisation_id=child.organisation_id,
        full_name=new.full_name,
        email=new.details.email,
        phone=new.details.phone,
        wants_text_updates=new.details.wants_text_updates,
    )
    relationship = ParentRelationship.objects.create(
        child=child, parent=parent, kind=new.kind, other_name=new.other_name
    )
    return relationship, True


def _is_same_person(parent: Parent, new: NewContact) -> bool:
    pairs = [(parent.email, new.details.email), (parent.phone, new.details.phone)]
    return (
        fold(parent.full_name) == fold(new.full_name)
        and any(stored and stored == typed for stored, typed in pairs)
        and all(stored == typed or not (stored and typed) for stored, typed in pairs)
    )


def _fill_blanks(parent: Parent, details: Details) -> None:
    parent.email = parent.email or details.email
    parent.phone = parent.phone or details.phone
    parent.wants_text_updates = parent.wants_text_updates or details.wants_text_updates
    parent.save(update_fields=["email", "phone", "wants_text_updates"])


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
