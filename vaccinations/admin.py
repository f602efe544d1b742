from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from accounts.access_log import record_view
from accounts.admin_site import ReadOnlyAdmin
from accounts.models import AccessLogEntry
from accounts.permissions import is_superuser
from calendars import clock
from vaccinations import services
from vaccinations.models import HistoryIssue, VaccinationRecord


@admin.register(VaccinationRecord)
class VaccinationRecordAdmin(ReadOnlyAdmin):
    """Shows records and lets superusers discard one: it counts no more, and leaves its trace."""

    list_display = ["performed_on", "programme", "outcome", "organisation", "child_id", "is_kept"]
    list_filter = ["programme", "outcome", ("discarded_at", admin.EmptyFieldListFilter)]
    list_select_related = ["programme", "organisation"]
    search_fields = ["=public_id", "=child__id", "=child__public_id"]
    search_help_text = "The record's public id, or the child's number or public id"
    raw_id_fields = ["child", "session", "performer", "upload", "replaces", "discarded_by"]
    change_form_template = "admin/vaccinations/record.html"

    @admin.display(boolean=True, description="kept")
    def is_kept(self, record: VaccinationRecord) -> bool:
        return record.discarded_at is None

    def get_urls(self):
        discard = path(
            "<int:record_id>/discard/",
            self.admin_site.admin_view(self.discard),
            name="vaccinations_vaccinationrecord_discard",
        )
        return [discard, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *args, **kwargs) -> HttpResponse:
        response = super().change_view(request, object_id, *args, **kwargs)
        if response.status_code == 200:
            record = VaccinationRecord.objects.get(pk=object_id)
            record_view(
                user=request.user,
                child_id=record.child_id,
                area=AccessLogEntry.Area.CHILD,
                page=AccessLogEntry.Page.SHOW,
                now=clock.now(),
            )
        return response

    def discard(self, request: HttpRequest, record_id: int) -> HttpResponse:
        """Ask a superuser once, then discard."""
        if not is_superuser(request.user):
            raise PermissionDenied("Only superusers can discard a vaccination record.")
        record = get_object_or_404(VaccinationRecord.objects.kept(), pk=record_id)
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": "Discard vaccination record",
                "record": record,
                "opts": self.opts,
            }
            return TemplateResponse(request, "admin/vaccinations/discard.html", context)
        try:
            services.discard(record_id=record.pk, by=request.user, now=clock.now())
        except services.AlreadyDiscarded:
            messages.info(request, "The record was discarded already")
        else:
            messages.success(request, "Vaccination record discarded")
        return redirect(reverse("admin:vaccinations_vaccinationrecord_change", args=[record.pk]))


@admin.register(HistoryIssue)
class HistoryIssueAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "record_id", "upload", "line", "decision", "decided_at"]
    list_filter = ["decision"]
    list_select_related = ["upload"]
    search_fields = ["=public_id", "=record__public_id"]
    search_help_text = "The public id of the issue or of the record"

    def get_queryset(self, request: HttpRequest) -> QuerySet[HistoryIssue]:
        return super().get_queryset(request).defer("upload__content", "upload__problems")
