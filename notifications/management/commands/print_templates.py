"""Prints the wording of all messages, for pasting into Notify."""

from django.core.management.base import BaseCommand

from notifications.wording import all_wordings


class Command(BaseCommand):
    help = "Print every message's name, subject and text in Notify's syntax, for pasting there."

    def handle(self, *args, **options) -> None:
        for wording in all_wordings().values():
            self.stdout.write(f"{'=' * 72}")
            self.stdout.write(f"Template name: {wording.title} ({wording.channel})")
            self.stdout.write(f"Its id goes into: {wording.setting}")
            self.stdout.write(f"Approval: {wording.approval}")
            if wording.subject:
                self.stdout.write(f"Subject: {wording.subject}")
            self.stdout.write(f"{'-' * 72}\n{wording.body}\n")
