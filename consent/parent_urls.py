"""What parents open without signing in, mounted under /consent/."""

from django.urls import path

from consent.views import parents

app_name = "parents"

urlpatterns = [
    path("<slug:slug>/<slug:programme>/start", parents.start, name="start"),
]
