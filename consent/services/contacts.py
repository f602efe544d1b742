"""Who answered: a parent who is known, or one who is added while recording an answer."""

from dataclasses import dataclass

from cohorts.models import Child, Parent, ParentRelationship
from cohorts.search import fold


@dataclass(frozen=True)
class NewContact:
    """A parent or guardian as a person typed them in; email and phone in their stored form."""

    full_name: str
    kind: str
    other_name: str
    email: str
    phone: str


def contact_of(child: Child, new: NewContact) -> tuple[ParentRelationship, bool]:
    """The child's parent with these details, added unless known; and whether they were added.

    Known is a parent of this child with the same name, who shares an address or number and
    contradicts in none; blanks are filled. Everybody else is a new person, since two people may
    share an address. Source: consent §3 and §15.
    """
    for relationship in ParentRelationship.objects.filter(child=child).select_related("parent"):
        if _is_same_person(relationship.parent, new):
            _fill_blanks(relationship.parent, new)
            return relationship, False
    parent = Parent.objects.create(
        organisation_id=child.organisation_id,
        full_name=new.full_name,
        email=new.email,
        phone=new.phone,
    )
    relationship = ParentRelationship.objects.create(
        child=child, parent=parent, kind=new.kind, other_name=new.other_name
    )
    return relationship, True


def _is_same_person(parent: Parent, new: NewContact) -> bool:
    pairs = [(parent.email, new.email), (parent.phone, new.phone)]
    return (
        fold(parent.full_name) == fold(new.full_name)
        and any(stored and stored == typed for stored, typed in pairs)
        and all(stored == typed or not (stored and typed) for stored, typed in pairs)
    )


def _fill_blanks(parent: Parent, new: NewContact) -> None:
    parent.email = parent.email or new.email
    parent.phone = parent.phone or new.phone
    parent.save(update_fields=["email", "phone"])
