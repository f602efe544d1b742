from celery import shared_task
from django.core.management import call_command


@shared_task(name="accounts.clear_expired_sign_ins")
def clear_expired_sign_ins() -> None:
    """Remove what is left of sign-ins that have run out."""
    call_command("clearsessions")
