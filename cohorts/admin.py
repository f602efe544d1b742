from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from accounts.access_log import record_view
from accounts.admin_site import OperatorAdmin
from accounts.models import AccessLogEntry
from calendars import clock
from cohorts import search
from cohorts.flags import flag_child
from cohorts.models import Child, Location


@admin.register(Location)
class LocationAdmin(OperatorAdmin):
    """The register of schools is loaded from its file; the team and own years are set here."""

    list_display = ["name", "kind", "urn", "town", "status", "team"]
    list_filter = ["kind", "phase", "status"]
    list_select_related = ["team"]
    search_fields = ["name", "urn", "postcode"]
    autocomplete_fields = ["team"]


class FlagsForm(forms.ModelForm):
    """Flags as boxes to tick: when each was set is kept beside it."""

    is_restricted = forms.BooleanField(
        label="Sensitive",
        required=False,
        help_text="Address and parents are hidden, and nobody is written to",
    )
    is_invalid = forms.BooleanField(
        label="Invalid", required=False, help_text="The NHS number was withdrawn"
    )

    class Meta:
        model = Child
        fields = ["date_of_death"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["is_restricted"].initial = self.instance.is_restricted
        self.fields["is_invalid"].initial = self.instance.invalidated_at is not None

    def clean_date_of_death(self):
        day = self.cleaned_data["date_of_death"]
        if day and day > clock.today():
            raise forms.ValidationError("Date of death must be today or in the past")
        if day and day < self.instance.date_of_birth:
            raise forms.ValidationError("Date of death must be on or after the date of birth")
        return day


@admin.register(Child)
class ChildAdmin(OperatorAdmin):
    """Finds a child and sets flags; everything else changes through uploads and the pages."""

    form = FlagsForm
    list_display = [
        "full_name",
        "nhs_number",
        "date_of_birth",
        "organisation",
        "school",
        "date_of_death",
        "restricted_at",
        "invalidated_at",
    ]
    list_select_related = ["organisation", "school"]
    ordering = ["-pk"]
    search_fields = ["search_text__contains"]
    search_help_text = "Any part of the name, the NHS number without spaces, dd/mm/yyyy or postcode"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "full_name",
                    "nhs_number",
                    "date_of_birth",
                    "organisation",
                    "school",
                    "public_id",
                ]
            },
        ),
        ("Flags", {"fields": ["date_of_death", "is_restricted", "is_invalid"]}),
        ("Since", {"fields": ["restricted_at", "invalidated_at"]}),
    ]
    readonly_fields = [
        "full_name",
        "nhs_number",
        "date_of_birth",
        "organisation",
        "school",
        "public_id",
        "restricted_at",
        "invalidated_at",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset, search_term: str):
        return super().get_search_results(request, queryset, search.fold(search_term))

    def change_view(self, request: HttpRequest, object_id: str, *args, **kwargs) -> HttpResponse:
        response = super().change_view(request, object_id, *args, **kwargs)
        if request.method == "GET" and response.status_code == 200:
            record_view(
                user=request.user,
                child_id=int(object_id),
                area=AccessLogEntry.Area.CHILD,
                page=AccessLogEntry.Page.SHOW,
                now=clock.now(),
            )
        return response

    def save_model(self, request: HttpRequest, obj: Child, form: Any, change: bool) -> None:
        flag_child(
            obj.pk,
            date_of_death=form.cleaned_data["date_of_death"],
            is_restricted=form.cleaned_data["is_restricted"],
            is_invalid=form.cleaned_data["is_invalid"],
            by=request.user,
            now=clock.now(),
        )
