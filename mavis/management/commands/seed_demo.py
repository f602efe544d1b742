"""Fills a local database with made-up organisations, people and children."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from calendars import clock
from mavis.demo import people
from mavis.demo.services import make_demo


class Command(BaseCommand):
    help = (
        "Make the demo: two organisations with their schools, sessions, staff and children. "
        "What is there already stays as it is. Refused in production."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--children",
            type=int,
            default=250,
            help="at least how many children the first organisation has (%(default)s)",
        )

    def handle(self, *, children: int, **options):
        if not settings.IS_LOCAL:
            raise CommandError("The demo is for a local run only, and ENVIRONMENT is production.")
        if not 0 <= children <= people.MOST_CHILDREN:
            raise CommandError(f"--children must be from 0 to {people.MOST_CHILDREN}.")
        made = make_demo(at_least=children, now=clock.now())
        self.stdout.write(
            f"Made the demo with {made} new children." if made else "The demo is there already."
        )
