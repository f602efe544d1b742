"""After the database was restored from a copy: find out what was sent since, before going on."""

import time
from datetime import UTC, datetime

from django.core.management.base import BaseCommand, CommandError

from calendars import clock
from govuk.filters import count
from notifications import restoring, rules
from notifications.restore_rules import MARGIN


class Command(BaseCommand):
    help = (
        "Run this on a restored database before any worker starts. It holds all sending, asks "
        "GOV.UK Notify what was sent after the copy was made, and leaves it to a person to let "
        "sending go on (Operations, Messages). Safe to run again. "
        "docs/operations/restoring.md says what to do before and after."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--dumped-at",
            required=True,
            metavar="INSTANT",
            help="when the copy was begun, with its offset from UTC: 2027-01-12T09:30:00+00:00",
        )
        parser.add_argument(
            "--stopped-at",
            metavar="INSTANT",
            help="when the last worker of the old database ended (now)",
        )

    def handle(self, *, dumped_at: str, stopped_at: str | None, **options):
        now = clock.now()
        dumped = self._instant(dumped_at, "--dumped-at", now)
        stopped = self._instant(stopped_at, "--stopped-at", now) if stopped_at else now
        trace = restoring.latest_trace()
        if trace and trace > dumped + MARGIN and not restoring.is_held():
            raise CommandError(
                f"--dumped-at is too early: this database was still at work at "
                f"{trace.astimezone(UTC):%Y-%m-%dT%H:%M:%S+00:00}."
            )
        in_doubt = restoring.quarantine(dumped_at=dumped, now=now)
        self.stdout.write(
            f"Sending is held. {count(in_doubt, 'unsettled message')} will be looked up at Notify."
        )
        if not rules.still_remembered(dumped, now):
            self.stdout.write(
                "The copy is more than six days old, and Notify may have forgotten what was sent "
                "since. The unsettled messages will need a person, and families who were first "
                "written to after the copy may be written to again: "
                "see docs/operations/restoring.md."
            )
        self._await(max(stopped, dumped))
        try:
            comparison = restoring.compare(dumped_at=dumped, clock=clock.now)
        except restoring.CannotCompare as error:
            raise CommandError(
                f"{error} Sending is held until this command has run to its end: run it again."
            ) from error
        self.stdout.write(
            f"{count(comparison.accepted, 'message')} that the copy calls unsent "
            f"had been sent, and {count(comparison.forgotten, 'message')} were sent that it does "
            "not know. None of them will be sent again.\n"
            "Start the workers, have what was recorded since the copy entered again, and then let "
            "sending go on: Operations, Messages."
        )

    def _await(self, stopped: datetime) -> None:
        """What a sender left on its way may reach Notify's list a little later."""
        ready = stopped + rules.QUARANTINE
        if clock.now() < ready:
            self.stdout.write(
                f"Waiting until {ready.astimezone(clock.LONDON):%H:%M:%S} London time for what may "
                "still be on its way to Notify."
            )
        while (left := (ready - clock.now()).total_seconds()) > 0:
            time.sleep(min(clock.real_seconds(left), 1))

    def _instant(self, given: str, option: str, now: datetime) -> datetime:
        try:
            instant = datetime.fromisoformat(given)
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            raise CommandError(
                f"{option} must be an instant with its offset from UTC, like "
                f"2027-01-12T09:30:00+00:00, not “{given}”."
            )
        if instant > now:
            raise CommandError(f"{option} is in the future.")
        return instant
