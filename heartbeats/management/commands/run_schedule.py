"""Send jobs of the timetable now, as beat would."""

from celery import current_app
from django.core.management.base import BaseCommand, CommandError, CommandParser
from kombu.exceptions import OperationalError

from calendars import clock
from heartbeats import selectors
from heartbeats.timetable import send


class Command(BaseCommand):
    help = "Send jobs of the timetable to the workers now, as beat would. Each may run twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schedules", nargs="*", metavar="SCHEDULE")
        parser.add_argument("--overdue", action="store_true", help="every schedule that is overdue")

    def handle(self, *args: object, **options: object) -> None:
        entries = current_app.conf.beat_schedule
        names = list(options["schedules"])
        if options["overdue"]:
            names += [state.schedule for state in selectors.overdue(clock.now())]
        elif not names:
            raise CommandError(
                f"Say which, or --overdue. The timetable has: {', '.join(sorted(entries))}."
            )
        if unknown := [name for name in names if name not in entries]:
            raise CommandError(f"The timetable has no {', '.join(unknown)}.")
        for name in dict.fromkeys(names):
            try:
                send(name)
            except (OperationalError, OSError) as error:
                raise CommandError("Redis is away: nothing was sent.") from error
            self.stdout.write(f"Sent {name}")
        if not names:
            self.stdout.write("Nothing is overdue")
