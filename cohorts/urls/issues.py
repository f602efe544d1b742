"""Under /issues/."""

from django.urls import path

from cohorts.views import issues

app_name = "issues"

urlpatterns = [
    path("", issues.list_issues, name="list"),
    path("<uuid:public_id>/", issues.show, name="show"),
]
