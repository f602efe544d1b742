"""The operators' admin site: signed in to through our own page, deleting for superusers only."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.permissions import is_operator
from accounts.signals import saved_by_operator
from accounts.views import sign_out
from calendars import clock


class OperatorsSite(admin.AdminSite):
    """For support, not for nurses."""

    site_title = "Mavis operations"
    site_header = "Mavis operations"
    index_title = "Records"

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """People come here signed in, since every page asks for it; the others may not enter."""
        if self.has_permission(request):
            return redirect("admin:index")
        raise PermissionDenied("Only people who operate Mavis can open the admin site.")

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return sign_out(request)

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and is_operator(request.user)


class OperatorAdmin(admin.ModelAdmin):
    """Staff accounts look and change; only superusers delete."""

    class Media:
        css = {"all": ["operators.css"]}

    show_full_result_count = False
    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_operator(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        saved_by_operator.send(sender=self.model, row=form.instance, now=clock.now())


class ReadOnlyAdmin(OperatorAdmin):
    """Rows that a service guards, or that are history: nobody changes them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    """Rows shown with the row they belong to."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
