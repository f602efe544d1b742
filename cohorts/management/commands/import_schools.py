"""`manage.py import_schools FILE`: load the register of schools."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cohorts.files import FileProblem
from cohorts.services.schools import import_schools

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Load schools from the establishment extract of Get Information about Schools (CSV). "
        "Known schools are updated; their team and the year groups set by hand stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the extract, unzipped")

    def handle(self, *, file: Path, **options) -> None:
        try:
            loaded = import_schools(file)
        except FileProblem as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(
            f"{loaded.created:,} schools added, {loaded.updated:,} updated, "
            f"{len(loaded.skipped):,} rows skipped"
        )
        for reason in loaded.skipped[:SHOWN]:
            self.stdout.write(f"  {reason}")
        if len(loaded.skipped) > SHOWN:
            self.stdout.write(f"  and {len(loaded.skipped) - SHOWN:,} more")
