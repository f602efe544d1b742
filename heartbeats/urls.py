from django.urls import path

from heartbeats import views

app_name = "schedules"

urlpatterns = [path("", views.schedules, name="list")]
