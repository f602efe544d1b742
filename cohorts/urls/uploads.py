"""Under /uploads/."""

from django.urls import path

from cohorts.views import confirming, uploads

app_name = "uploads"

urlpatterns = [
    path("", uploads.list_uploads, name="list"),
    path("new/", uploads.choose_kind, name="new"),
    path("new/<slug:kind>/", uploads.choose_file, name="file"),
    path("<uuid:public_id>/", uploads.show, name="show"),
    path("<uuid:public_id>/check/", confirming.check, name="check"),
    path("<uuid:public_id>/discard/", confirming.discard, name="discard"),
    path("<uuid:public_id>/problems/", uploads.problems, name="problems"),
]
