"""Under /vaccination-issues/."""

from django.urls import path

from vaccinations import views

app_name = "vaccinations"

urlpatterns = [
    path("", views.issue_list, name="issues"),
    path("<uuid:public_id>/", views.issue, name="issue"),
]
