"""Whose contacts may be looked at and changed, and where one goes afterwards."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from cohorts.models import Child


def find_child(request: HttpRequest, public_id: UUID) -> Child:
    """The organisation's child, whose record is not sensitive; else 404."""
    children = Child.objects.for_organisation(request.organisation)
    return get_object_or_404(children, public_id=public_id, restricted_at__isnull=True)


def address_of(child: Child) -> str:
    """The address of the child's record."""
    return reverse("children:show", kwargs={"public_id": child.public_id})
