"""`manage.py import_cohort FILE --organisation ODS [--dry-run]`: import child records."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import Organisation
from calendars import clock
from cohorts import consequences
from cohorts.consequences import Writing
from cohorts.files import FileProblem
from cohorts.models import Upload
from cohorts.services import uploads
from cohorts.upload_kinds import kind_of
from govuk.filters import begin_small, count, emails_and_texts


class Command(BaseCommand):
    help = (
        "Import a file of child records (CSV) for an organisation: the whole file, or nothing of "
        "it. Prints what became of the rows and whom that writes to, or every row that is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument("--organisation", required=True, metavar="ODS", help="its ODS code")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, only report")

    def handle(self, *, file: Path, organisation: str, dry_run: bool, **options) -> None:
        owner = Organisation.objects.filter(ods_code=organisation.strip().upper()).first()
        if owner is None:
            raise CommandError(f"There is no organisation with the ODS code {organisation}")
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from None
        try:
            with transaction.atomic():
                upload = uploads.import_now(
                    organisation=owner,
                    kind=kind_of(Upload.Kind.COHORT),
                    file_name=file.name,
                    content=content,
                    now=clock.now(),
                )
                transaction.set_rollback(dry_run)
        except FileProblem as problem:
            raise CommandError(str(problem)) from None
        self._report(upload, dry_run)

    def _report(self, upload: Upload, dry_run: bool) -> None:
        for line, column, message in upload.problems:
            self.stderr.write(f"Line {line}{', ' if column else ''}{column}: {message}")
        if upload.status != Upload.Status.COMPLETED:
            lines = len({line for line, _, _ in upload.problems})
            raise CommandError(
                upload.failure
                or f"Nothing was imported: {lines} of {upload.rows_total} rows are wrong"
            )
        for note in upload.notes:
            self.stdout.write(note)
        labels = {**kind_of(upload.kind).count_labels, "school_moves": "School moves to review"}
        for key, label in labels.items():
            self.stdout.write(f"{label}: {upload.counts[key]:,}")
        for writing in consequences.from_json(upload.writings):
            self._report_writing(writing)
        if dry_run:
            self.stdout.write("Nothing was saved: this was a dry run")

    def _report_writing(self, writing: Writing) -> None:
        self.stdout.write(f"{writing.what}:")
        for line in writing.lines:
            self.stdout.write(
                f"  {line.when}: parents of {count(line.families, 'child', 'children')}"
            )
        if writing.emails or writing.texts:
            self.stdout.write(f"  now: {emails_and_texts(writing.emails, writing.texts)}")
        if writing.settled:
            self.stdout.write(f"  not again: {count(writing.settled, 'child', 'children')}")
        for reason, size in writing.left_out:
            why = begin_small(reason)
            self.stdout.write(f"  not: {count(size, 'child', 'children')}, {why}")
