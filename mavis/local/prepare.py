"""What a local run does before it serves: one process, because starting Django takes a second."""

import sys
from pathlib import Path

import django

from mavis.local.install import fingerprint
from mavis.local.workplace import ROOT


def collect_static_files() -> None:
    """Lay out styles and scripts as WhiteNoise serves them, when they changed."""
    from django.conf import settings
    from django.core.management import call_command

    stamp = Path(settings.STATIC_ROOT) / ".collected"
    wanted = fingerprint(ROOT / "static" / "build", extra=django.__version__)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted)


def main() -> None:
    django.setup()
    from django.core.management import CommandError, call_command

    from accounts.models import Organisation

    try:
        call_command("migrate", interactive=False, verbosity=0)
        collect_static_files()
        if not Organisation.objects.exists():
            call_command("seed_demo")
    except CommandError as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
