from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest

from accounts.admin_site import OperatorAdmin, ReadOnlyAdmin
from accounts.models import AccessLogEntry, Organisation, Team, User

# People have roles, not groups.
admin.site.unregister(Group)


@admin.register(Organisation)
class OrganisationAdmin(OperatorAdmin):
    # An address that is typed without its scheme is meant to be a safe one.
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ["name", "ods_code", "email", "phone"]
    search_fields = ["name", "ods_code"]


@admin.register(Team)
class TeamAdmin(OperatorAdmin):
    list_display = ["name", "organisation", "email", "phone"]
    list_filter = ["organisation"]
    list_select_related = ["organisation"]
    search_fields = ["name", "organisation__name"]
    autocomplete_fields = ["organisation"]


class LowerCaseEmail(forms.ModelForm):
    """Addresses are stored in lower case, so that people are found however they type theirs."""

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()

    def clean(self) -> dict:
        cleaned = super().clean() or self.cleaned_data
        team, organisation = cleaned.get("team"), cleaned.get("organisation")
        if team and team.organisation != organisation:
            self.add_error("team", "Select a team of the person's organisation")
        return cleaned


class NewUserForm(LowerCaseEmail, AdminUserCreationForm):
    pass


class UserForm(LowerCaseEmail, UserChangeForm):
    pass


@admin.register(User)
class UserAdmin(OperatorAdmin, DjangoUserAdmin):
    """Only superusers make superusers and operators, or change them."""

    form = UserForm
    add_form = NewUserForm
    list_display = ["email", "given_name", "family_name", "organisation", "role", "is_active"]
    list_filter = ["role", "is_active", "is_staff", "is_superuser"]
    list_select_related = ["organisation"]
    search_fields = ["email", "given_name", "family_name"]
    ordering = ["email"]
    filter_horizontal = []
    autocomplete_fields = ["organisation", "team"]
    readonly_fields = ["last_login", "created_at"]
    work = ("organisation", "team", "role")
    powers = ("is_active", "is_staff", "is_superuser")
    fieldsets = [
        (None, {"fields": ["email", "password", "given_name", "family_name"]}),
        ("Work", {"fields": work}),
        ("Powers", {"fields": powers}),
        ("Times", {"fields": ["last_login", "created_at"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "given_name", "family_name", "usable_password"]}),
        ("Password", {"fields": ["password1", "password2"]}),
        ("Work", {"fields": work}),
        ("Powers", {"fields": powers}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = [*super().get_readonly_fields(request, obj)]
        return fields if request.user.is_superuser else [*fields, "is_staff", "is_superuser"]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_powerful = obj is not None and (obj.is_superuser or obj.is_staff)
        return request.user.is_superuser or (request.user.is_staff and not is_powerful)


@admin.register(AccessLogEntry)
class AccessLogAdmin(ReadOnlyAdmin):
    """For investigators: everything a person opened, or everybody who opened a child's record."""

    list_display = ["at", "user", "area", "page", "child_id"]
    list_filter = ["area", "page"]
    list_select_related = ["user"]
    search_fields = ["user__email", "=child_id"]
    search_help_text = "The person's email address, or the child's number"
    date_hierarchy = "at"
