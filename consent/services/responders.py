"""The parent who answered online: one we know, or a new contact. Nothing known is overwritten.

Source: consent §3 and §15, on anonymous forms; docs/decisions/0043-matching.md.
"""

from collections.abc import Iterable
from hashlib import sha256

from django.db import connection

from cohorts.models import Child, Parent, ParentRelationship
from cohorts.parent_rules import is_same_person
from consent.models import OnlineResponse
from consent.services.contacts import Details, NewContact, contact_of, parent_of_child


def take_addresses(responses: Iterable[OnlineResponse]) -> None:
    """Let only this transaction add parents with the addresses of these responses until it ends.

    Of two workers that find a brother and a sister for one new parent, the second one then sees the
    parent whom the first added. Take them before the locks of children.
    """
    given = {f"parent {one.organisation_id} {one.email}" for one in responses}
    keys = sorted(int.from_bytes(sha256(one.encode()).digest()[:8], signed=True) for one in given)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def responder_of(child: Child, response: OnlineResponse) -> tuple[ParentRelationship, bool]:
    """The child's parent who gave the response, added unless known; and whether they are new.

    Of a parent of the child, blanks are filled. Else it may be a parent of another child of the
    organisation: nothing of theirs is touched. Everybody else is a new contact, for staff to merge.
    """
    given = _as_contact(response)
    parent = None if parent_of_child(child, given) else _of_another_child(response, given)
    if parent is None:
        return contact_of(child, given)
    relationship = ParentRelationship.objects.create(
        child=child, parent=parent, kind=given.kind, other_name=given.other_name
    )
    return relationship, True


def _of_another_child(response: OnlineResponse, given: NewContact) -> Parent | None:
    sharing = Parent.objects.shareable(response.organisation_id).filter(email=response.email)
    return next(
        (
            parent
            for parent in sharing.order_by("pk")
            if is_same_person(parent, given, is_of_child=False)
        ),
        None,
    )


def _as_contact(response: OnlineResponse) -> NewContact:
    return NewContact(
        full_name=response.parent_name,
        kind=response.relationship,
        other_name=response.relationship_other_name,
        details=Details(response.email, response.phone, response.wants_text_updates),
        contact_method=response.contact_method,
        contact_method_details=response.contact_method_details,
    )


def is_unknown_contact(child: Child, response: OnlineResponse) -> bool:
    """Whether the child has parents on record, and none has the address or number given."""
    known = list(
        Parent.objects.filter(relationships__child=child).values_list("email", "phone").distinct()
    )
    return bool(known) and not any(
        email == response.email or (phone and phone == response.phone) for email, phone in known
    )
