"""Every address of the service, by the app that answers it."""

from django.contrib import admin
from django.urls import include, path

from mavis import views

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("accounts.urls")),
    path("sessions/", include("sessions_app.urls")),
    path("sessions/<slug:slug>/", include("consent.urls")),
    path("consent/", include("consent.parent_urls")),
    path("", include("notifications.urls")),
    path("operations/schedules/", include("heartbeats.urls")),
    path("children/", include("records.urls")),
    path("uploads/", include("cohorts.urls.uploads")),
    path("issues/", include("cohorts.urls.issues")),
    path("vaccination-issues/", include("vaccinations.urls")),
    path("unmatched-responses/", include("consent.unmatched_urls")),
    path("school-moves/", include("cohorts.urls.school_moves")),
    path("admin/", admin.site.urls),
]
