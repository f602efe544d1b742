"""Who may do what beyond what everybody may, and the log of who looked."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory

from accounts import permissions
from accounts.access_log import record_view
from accounts.models import AccessLogEntry, User

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
NURSE = {"role": "nurse"}
ADMINISTRATOR = {"role": "administrator"}
POWER = {"is_superuser": True}
STAFF = {"is_staff": True}


@pytest.mark.parametrize(
    ("person", "nurse", "superuser", "operator"),
    [
        (NURSE, True, False, False),
        (NURSE | POWER, True, True, False),
        (ADMINISTRATOR, False, False, False),
        (ADMINISTRATOR | POWER, False, True, False),
        (ADMINISTRATOR | STAFF, False, False, True),
    ],
)
def test_being_a_superuser_adds_to_the_role(person, nurse, superuser, operator):
    user = User(**person)
    assert permissions.is_nurse(user) == nurse
    assert permissions.is_superuser(user) == superuser
    assert permissions.is_operator(user) == operator


@pytest.mark.parametrize(
    ("guard", "words"),
    [
        (permissions.nurse_required, "Only nurses"),
        (permissions.superuser_required, "Only superusers"),
        (permissions.operator_required, "Only people who operate Mavis"),
    ],
)
def test_a_guarded_view_refuses_in_words(guard, words):
    @guard
    def view(request):
        return HttpResponse("done")

    request = RequestFactory().get("/")
    request.user = User(**NURSE | POWER | STAFF)
    assert view(request).content == b"done"
    request.user = User(**ADMINISTRATOR)
    with pytest.raises(PermissionDenied, match=words):
        view(request)


def test_a_view_of_a_child_is_kept(nurse):
    record_view(user=nurse, child_id=7, area="child_in_session", page="activity", now=NOW)
    entry = AccessLogEntry.objects.get()
    assert (entry.user, entry.child_id, entry.at) == (nurse, 7, NOW)
    assert (entry.area, entry.page) == ("child_in_session", "activity")


@pytest.mark.parametrize("wrong", [{"area": "garden"}, {"page": "cover"}])
def test_only_known_areas_and_pages_are_kept(nurse, wrong):
    known = {"area": "child", "page": "show"}
    with pytest.raises(ValueError), transaction.atomic():
        record_view(user=nurse, child_id=7, now=NOW, **known | wrong)
