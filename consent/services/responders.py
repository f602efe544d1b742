"""The parent who answered online: one we know, or a new contact. Nothing known is overwritten.

Source: consent §3 and §15, on anonymous forms; docs/decisions/0043-matching.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from django.db import connection

from cohorts.models import Child, Parent, ParentRelationship
from cohorts.parent_rules import is_same_person, strangers
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


@dataclass(frozen=True)
class Acquaintance:
    """What a child's record says of the address and the number that a response gives, before the
    response is the child's.

    `is_newcomer`: others are on record, and none has either. `is_trusted`: there is nobody to tell
    them apart from, or one who is no stranger has. `is_vouched_for`: one for whom somebody
    vouches has.
    """

    is_newcomer: bool
    is_trusted: bool
    is_vouched_for: bool


def acquaintance(child: Child, response: OnlineResponse) -> Acquaintance:
    """How well the child's record knows whoever gave the response; one query."""
    on_record = list(child.relationships.select_related("parent"))
    sharing = [one for one in on_record if _gives_address_of(response, one.parent)]
    strange = strangers(on_record)
    return Acquaintance(
        is_newcomer=bool(on_record) and not sharing,
        is_trusted=not on_record or any(one not in strange for one in sharing),
        is_vouched_for=any(one.is_vouched_for for one in sharing),
    )


def _gives_address_of(response: OnlineResponse, parent: Parent) -> bool:
    has_phone = bool(parent.phone) and parent.phone == response.phone
    return has_phone or parent.email == response.email
