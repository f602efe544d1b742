"""Plan the invitations that are due, or print who would be written to on a day and who not."""

from datetime import date, datetime

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from calendars import clock
from cohorts.models import Child
from govuk.filters import count
from notifications.models import Message
from sessions_app import invitations
from sessions_app.models import Invitation, Session
from sessions_app.rules import INVITATIONS_GO_AT
from sessions_app.schedule_rules import years_to_prepare


class Command(BaseCommand):
    help = (
        "Queue every clinic invitation that is due and was not queued yet. Safe to run at any "
        "time, twice and late."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--on", metavar="DATE", help="as of nine o'clock on this day, YYYY-MM-DD (dry run only)"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="write nothing; print who would be written to and why others would not",
        )

    def handle(self, *, on: str | None, dry_run: bool, **options):
        now = self._moment(on)
        if not dry_run:
            if clock.london_day(now) != clock.today():
                raise CommandError(
                    "--on needs --dry-run: families are never written to ahead of time. "
                    "Run it without --on to plan what is due now."
                )
            letters = invitations.plan(now=now)
            self.stdout.write(
                f"{count(letters, 'child', 'children')}: the parents are being invited."
            )
            return
        with transaction.atomic():
            invitations.plan(now=now)
            self._print(now)
            transaction.set_rollback(True)

    def _moment(self, on: str | None) -> datetime:
        if on is None:
            return clock.now()
        try:
            day = date.fromisoformat(on)
        except ValueError:
            raise CommandError(f"--on must be a date like 2027-01-12, not “{on}”.") from None
        return clock.now() if day == clock.today() else clock.london_instant(day, INVITATIONS_GO_AT)

    def _print(self, now: datetime) -> None:
        years = years_to_prepare(clock.london_day(now))
        sessions = Session.objects.clinics().filter(academic_year__in=years)
        written = 0
        for session in sessions.select_related("organisation", "location").order_by("pk"):
            self.stdout.write(f"{session.organisation.name}, {session.location.name}")
            children = list(
                Child.objects.filter(
                    memberships__session=session, memberships__left_at__isnull=True
                )
            )
            outlooks = invitations.outlooks(session, [child.pk for child in children], now=now)
            letters = dict(
                Invitation.objects.filter(session=session, planned_at=now).values_list(
                    "child_id", "letter"
                )
            )
            addresses: dict = {}
            for letter, channel in Message.objects.filter(letter__in=letters.values()).values_list(
                "letter", "channel"
            ):
                addresses.setdefault(letter, []).append(channel)
            for child in children:
                who = f"  {child.public_id} {child.full_name}"
                if child.pk in letters:
                    channels = addresses[letters[child.pk]]
                    written += 1
                    self.stdout.write(
                        f"{who}: would be invited now, {channels.count('email')} by email and "
                        f"{channels.count('text')} by text"
                    )
                else:
                    self.stdout.write(f"{who}: {outlooks[child.pk].text}")
        self.stdout.write(
            f"{count(written, 'child', 'children')}: the parents would be written to. "
            "Nothing was sent."
        )
