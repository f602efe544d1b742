"""The Celery application: background jobs, and the timetable that `beat` keeps.

The broker carries hints; the database holds the truth. Every scheduled job may run late, twice
or at the same time on two machines without harm.
"""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging

from heartbeats.timetable import sign
from mavis import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mavis.settings.base")

broker.use()
app = Celery("mavis")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_own_logging(**_: object) -> None:
    """Have workers log as the web application does: Django has set it up already."""


# The queues, and what their jobs are called for people. An urgent job is short or, sending, one of
# two of its lane: so one that comes never waits behind a long one.
QUEUES = {"urgent": "urgent", "default": "all other"}

TIMETABLE = {
    "restart-stale-uploads": {
        "title": "Begin again with files whose import was interrupted",
        "task": "cohorts.restart_stale_uploads",
        "schedule": 60,
    },
    "wipe-old-uploads": {
        "title": "Forget what old uploaded files held",
        "task": "cohorts.wipe_old_content",
        "schedule": crontab(minute=45, hour=0),
    },
    "clear-expired-sign-ins": {
        "title": "Forget sign-ins that have ended",
        "task": "accounts.clear_expired_sign_ins",
        "schedule": crontab(minute=30, hour=2),
    },
    "notifications.sweep": {
        "title": "Find messages that are due and were overlooked",
        "task": "notifications.sweep",
        "schedule": 60,
        # No upload or nightly job keeps it waiting there.
        "options": {"queue": "urgent"},
    },
    "notifications.settle_unclear": {
        "title": "Ask GOV.UK Notify what became of messages whose outcome is unclear",
        "task": "notifications.settle_unclear",
        "schedule": 60,
    },
    # At nine, and again every quarter of an hour of the day for what was missed.
    "plan-invitations": {
        "title": "Invite families to clinics",
        "task": "sessions_app.plan_invitations",
        "schedule": crontab(minute="*/15", hour="9-20"),
    },
    # Within two minutes of a broker's return what it lost is planned.
    "plan-overdue": {
        "title": "Invite families whose invitation was overlooked",
        "task": "sessions_app.plan_overdue",
        "schedule": crontab(hour="9-20"),
    },
    # At four in the afternoon, and again until eight for what was missed or came later.
    "ask-and-remind": {
        "title": "Ask parents for consent, and remind them",
        "task": "consent.ask_and_remind",
        "schedule": crontab(minute="*/5", hour="16-19"),
    },
    # At nine, and again until eight in the evening for what was missed.
    "remind-of-sessions": {
        "title": "Remind parents who agreed of tomorrow’s visit to the school",
        "task": "consent.remind_of_sessions",
        "schedule": crontab(minute="*/5", hour="9-19"),
    },
    # At two at night, and again until eight for what was missed: no session begins before.
    "expire-self-consents": {
        "title": "Let children’s own consent end after its day",
        "task": "consent.expire_self_consents",
        "schedule": crontab(minute=0, hour="2-8"),
    },
    "confirm-overlooked": {
        "title": "Confirm answers of parents that were overlooked",
        "task": "consent.confirm_overlooked",
        "schedule": 5 * 60,
    },
    # Before the children of a new year are placed.
    "ensure-sessions": {
        "title": "Make the sessions that are missing",
        "task": "sessions_app.ensure_sessions",
        "schedule": crontab(minute=15, hour=3),
    },
    "forget-drafts": {
        "title": "Forget changes of dates that nobody went on with",
        "task": "sessions_app.forget_drafts",
        "schedule": crontab(minute=45, hour=3),
    },
    "forget-drafts-of-responses": {
        "title": "Forget answers about consent that nobody finished",
        "task": "consent.forget_drafts",
        "schedule": crontab(minute=50),
    },
    # What waited for its hint in vain, and every night all that found no child yet.
    "match-overlooked-responses": {
        "title": "Match answers of parents that were overlooked",
        "task": "consent.match_overlooked",
        "schedule": crontab(minute="*/5"),
    },
    "match-waiting-responses": {
        "title": "Match again all answers that found no child",
        "task": "consent.match_waiting",
        "schedule": crontab(minute=20, hour=4),
    },
    "place-newcomers-to-the-year": {
        "title": "Place children in the sessions of a new school year",
        "task": "sessions_app.place_newcomers_to_the_year",
        "schedule": crontab(minute=0, hour=4),
    },
    "refresh-statuses": {
        "title": "Work out again how every child stands",
        "task": "sessions_app.refresh_statuses",
        "schedule": crontab(minute=30, hour=3),
    },
    "notifications.apply_receipts": {
        "title": "Apply what GOV.UK Notify says became of messages",
        "task": "notifications.apply_receipts",
        "schedule": 60,
    },
    "notifications.reconcile": {
        "title": "Ask GOV.UK Notify about messages it said nothing of",
        "task": "notifications.reconcile",
        "schedule": 15 * 60,
    },
    "notifications.forget_receipts": {
        "title": "Forget old receipts of GOV.UK Notify",
        "task": "notifications.forget_receipts",
        "schedule": crontab(minute=15, hour=2),
    },
    "catch-up": {
        "title": "Do what was missed while the timetable stood still",
        "task": "heartbeats.catch_up",
        "schedule": 60,
        "options": {"expires": 5 * 60},
    },
    # That workers live says little: these prove that they take jobs from each queue.
    **{
        f"pulse-{queue}": {
            "title": f"Prove that workers take {kind} jobs",
            "task": "heartbeats.pulse",
            "schedule": 60,
            "options": {"queue": queue, "expires": 5 * 60},
        }
        for queue, kind in QUEUES.items()
    },
}
app.conf.beat_schedule = sign(TIMETABLE)

__all__ = ["app", "crontab"]
