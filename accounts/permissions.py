"""What a person may do beyond what everybody may. Source: vaccination and people §7.2.

Views guard themselves with a decorator; templates ask the functions through the view.
"""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied

from accounts.models import Role, User


def is_nurse(user: User) -> bool:
    """Whether the person triages, assesses and records vaccinations."""
    return user.role == Role.NURSE


def records_consent(user: User) -> bool:
    """Whether the person sees and records responses, and asks for them. Source: consent §13."""
    return user.role in (Role.NURSE, Role.ADMINISTRATOR)


def edits_children(user: User) -> bool:
    """Whether the person corrects a child's record. Source: vaccination and people §7.2."""
    return user.role in (Role.NURSE, Role.ADMINISTRATOR)


def is_superuser(user: User) -> bool:
    """Whether the person may delete records and read important notices."""
    return user.is_superuser


def is_operator(user: User) -> bool:
    """Whether the person looks after the running of the service, through the admin site too.

    Being a superuser is not enough: those belong to one organisation, the admin site shows all.
    """
    return user.is_staff


def required(may: Callable[[User], bool], refusal: str) -> Callable:
    """A decorator for views: those who may not get 403 and read `refusal`, a whole sentence."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not may(request.user):
                raise PermissionDenied(refusal)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


nurse_required = required(is_nurse, "Only nurses can do this.")
records_consent_required = required(records_consent, "Only nurses and administrators can do this.")
edits_children_required = required(
    edits_children, "Only nurses and administrators can change a child’s record."
)
superuser_required = required(is_superuser, "Only superusers can do this.")
operator_required = required(is_operator, "Only people who operate Mavis can do this.")
