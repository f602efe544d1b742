"""Compares the wording of our messages with the templates at Notify."""

from django.core.management.base import BaseCommand, CommandError

from notifications.template_check import check_all
from notifications.wording import all_wordings


class Command(BaseCommand):
    help = (
        "Compare ids, placeholders, subjects and texts of all messages with Notify's templates. "
        "Exits with 1 and names every difference if there is one."
    )

    def handle(self, *args, **options) -> None:
        differences = list(check_all())
        for difference in differences:
            self.stderr.write(difference)
        if differences:
            raise CommandError(f"{len(differences)} differences between our wording and Notify.")
        self.stdout.write(
            f"Notify has all {len(all_wordings())} templates as they are written here."
        )
