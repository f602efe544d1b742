"""Rebuild every child's stored statuses, or check that none is stale."""

from itertools import islice

from django.core.management.base import BaseCommand, CommandError

from calendars import clock
from cohorts.models import Child
from heartbeats.faults import SomeFailed
from sessions_app import statuses

SHOWN = 20


class Command(BaseCommand):
    help = "Recompute every child's status per programme for this academic year."

    def add_arguments(self, parser):
        parser.add_argument(
            "--check",
            action="store_true",
            help="change nothing; fail and list some if any stored status was stale",
        )

    def handle(self, *, check: bool, **options):
        today = clock.today()
        ids = Child.objects.filter(organisation__isnull=False).values_list("pk", flat=True)
        if check:
            found = list(islice(statuses.stale(ids.iterator(), today=today), SHOWN))
            for status in found:
                self.stderr.write(f"stale: child {status.child_id}, {status.programme_id}")
            if found:
                raise CommandError("Some stored statuses are stale. Run refresh_statuses.")
            self.stdout.write("No stored status is stale.")
            return
        try:
            changed = statuses.refresh_all(today=today)
        except SomeFailed as failure:
            raise CommandError(
                f"{failure}: the log says which. All others have their present statuses."
            ) from failure
        self.stdout.write(f"{changed} stored statuses changed.")
