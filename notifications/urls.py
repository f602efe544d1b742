from django.urls import path

from notifications import views

app_name = "messages"

urlpatterns = [
    # Exactly this address: a redirect to one with a slash would lose the receipt.
    path("notify/receipts", views.receive_receipt, name="receipts"),
    path("operations/messages/", views.trouble, name="trouble"),
    path(
        "operations/messages/try-refused-again/",
        views.try_refused_again,
        name="try-refused-again",
    ),
    path("operations/messages/<slug:reference>/send-again/", views.send_again, name="send-again"),
    path(
        "operations/messages/stoppages/<int:stoppage_id>/end/",
        views.end_stoppage,
        name="end-stoppage",
    ),
]
