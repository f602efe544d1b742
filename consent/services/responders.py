"""The parent who answered online: one we know, or a new contact. Nothing known is overwritten.

Source: consent §3 and §15, on anonymous forms; docs/decisions/0043-matching.md.
"""

from cohorts.models import Child, Parent, ParentRelationship
from cohorts.search import fold
from consent.models import OnlineResponse


def responder_of(child: Child, response: OnlineResponse) -> tuple[ParentRelationship, bool]:
    """The child's parent who gave the response, added unless known; and whether they are new.

    Known is a parent of the child of that name, or of no name, who shares the address or number
    and contradicts in neither: blanks are filled. Else a parent of another child of the
    organisation with that very name, address and number: nothing of theirs is touched. Everybody
    else is a new contact, for staff to merge.
    """
    for relationship in (
        ParentRelationship.objects.filter(child=child).select_related("parent").order_by("pk")
    ):
        if _is_same_person(relationship.parent, response):
            _fill_blanks(relationship, response)
            return relationship, False
    parent = _of_another_child(response) or _new_parent(child, response)
    relationship = ParentRelationship.objects.create(
        child=child,
        parent=parent,
        kind=response.relationship,
        other_name=response.relationship_other_name,
    )
    return relationship, True


def is_unknown_contact(child: Child, response: OnlineResponse) -> bool:
    """Whether the child has parents on record, and none has the address or number given."""
    known = list(
        Parent.objects.filter(relationships__child=child).values_list("email", "phone").distinct()
    )
    return bool(known) and not any(
        email == response.email or (phone and phone == response.phone) for email, phone in known
    )


def _is_same_person(parent: Parent, response: OnlineResponse) -> bool:
    pairs = [(parent.email, response.email), (parent.phone, response.phone)]
    return (
        (not parent.full_name or fold(parent.full_name) == fold(response.parent_name))
        and any(stored and stored == typed for stored, typed in pairs)
        and all(stored == typed or not (stored and typed) for stored, typed in pairs)
    )


def _fill_blanks(relationship: ParentRelationship, response: OnlineResponse) -> None:
    """Texts are only ever switched on here: a box left empty does not take back a wish."""
    parent = Parent.objects.select_for_update(no_key=True).get(pk=relationship.parent_id)
    parent.full_name = parent.full_name or response.parent_name
    parent.email = parent.email or response.email
    parent.phone = parent.phone or response.phone
    if response.phone and parent.phone == response.phone:
        parent.wants_text_updates = parent.wants_text_updates or response.wants_text_updates
        if parent.contact_method == Parent.ContactMethod.ANY:
            parent.contact_method = response.contact_method
            parent.contact_method_details = response.contact_method_details
    parent.save(
        update_fields=[
            "full_name",
            "email",
            "phone",
            "wants_text_updates",
            "contact_method",
            "contact_method_details",
        ]
    )
    relationship.parent = parent
    if relationship.kind == ParentRelationship.Kind.UNKNOWN:
        relationship.kind = response.relationship
        relationship.other_name = response.relationship_other_name
        relationship.save(update_fields=["kind", "other_name"])


def _of_another_child(response: OnlineResponse) -> Parent | None:
    sharing = Parent.objects.filter(
        organisation_id=response.organisation_id, email=response.email
    ).order_by("pk")
    return next(
        (
            parent
            for parent in sharing
            if fold(parent.full_name) == fold(response.parent_name)
            and response.phone in ("", parent.phone)
        ),
        None,
    )


def _new_parent(child: Child, response: OnlineResponse) -> Parent:
    return Parent.objects.create(
        organisation_id=child.organisation_id,
        full_name=response.parent_name,
        email=response.email,
        phone=response.phone,
        wants_text_updates=response.wants_text_updates,
        contact_method=response.contact_method,
        contact_method_details=response.contact_method_details,
    )
