"""The operators' admin site: signed in to through our own page, deleting for superusers only."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts import foretelling
from accounts.permissions import is_operator
from accounts.signals import saved_by_operator
from accounts.views import sign_out
from calendars import clock

# The name under which a form says to how many families its operator agreed to write.
AGREED = "_agreed_to_families"


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
        saving = {
            "row": form.instance,
            "before": {name: form.initial.get(name) for name in form.changed_data},
            "by": request.user,
            "now": clock.now(),
        }
        saved_by_operator.send(sender=self.model, **saving)
        agreed = request.POST.get(AGREED, "")
        foretelling.ask(**saving, agreed_to=int(agreed[:9]) if agreed.isdecimal() else 0)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict | None = None,
    ) -> HttpResponse:
        """The form; where saving it writes to families, a page that says so comes first.

        It is saved, looked at and undone, so that what the page says is what saving does.
        """
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except foretelling.NotAgreed as asked:
            fields = [
                (name, value)
                for name, values in request.POST.lists()
                for value in values
                if name not in ("csrfmiddlewaretoken", AGREED)
            ]
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Saving this writes to families",
                "effects": asked.effects,
                "families": foretelling.families(asked.effects),
                "fields": fields,
                "agreed": AGREED,
                "media": self.media,
            }
            return TemplateResponse(request, "admin/writes_to_families.html", context)


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
