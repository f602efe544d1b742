"""`python -m bench NAME FILE`: one benchmark on an empty database, its finding written as JSON."""

import sys
from pathlib import Path

import django


def main(name: str, file: str) -> None:
    django.setup()
    from django.core.management import call_command

    from bench import (
        at_once,
        claims,
        consent,
        latency,
        matching,
        memory,
        pages,
        planning,
        report,
        sending,
    )

    measures = {
        "planning": planning.measure,
        "planning-million": planning.measure_million,
        "matching": matching.measure,
        "pages": pages.measure,
        "consent-lists": consent.measure_lists,
        "parents-pages": consent.measure_parents,
        "claims": claims.measure,
        "sending": sending.measure,
        "at-once": at_once.measure,
        "latency": latency.measure,
        "ten-minutes": sending.measure_ten_minutes,
        "memory": memory.measure,
    }
    call_command("migrate", interactive=False, verbosity=0)
    if name in ("pages", "consent-lists", "parents-pages"):
        call_command("collectstatic", interactive=False, verbosity=0)
    found = measures[name]()
    Path(file).write_text(report.as_json([found]))


if __name__ == "__main__":
    main(*sys.argv[1:])
