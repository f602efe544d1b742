from django.contrib import admin

from accounts.admin_site import OperatorAdmin, ReadOnlyInline
from programmes.models import OrganisationProgramme, Programme, Vaccine


class VaccineInline(ReadOnlyInline):
    model = Vaccine
    fields = ["brand", "manufacturer", "method", "is_discontinued"]


@admin.register(Programme)
class ProgrammeAdmin(OperatorAdmin):
    """Programmes come with the software; their year groups may change."""

    list_display = ["name", "key", "year_groups", "is_seasonal"]
    search_fields = ["name", "key"]
    fields = ["name", "key", "year_groups", "is_seasonal", "maximum_dose_sequence"]
    readonly_fields = ["name", "key", "is_seasonal", "maximum_dose_sequence"]
    inlines = [VaccineInline]

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(OrganisationProgramme)
class OrganisationProgrammeAdmin(OperatorAdmin):
    """Which organisation runs which programme."""

    list_display = ["organisation", "programme"]
    list_filter = ["programme"]
    list_select_related = ["organisation", "programme"]
    search_fields = ["organisation__name", "programme__name"]
    autocomplete_fields = ["organisation", "programme"]
