"""What a rehearsal has to say: a table for the terminal, JSON for machines, a page for `docs/`."""

import json
from collections.abc import Mapping
from pathlib import Path

from mavis.rehearsals.options import Options
from mavis.rehearsals.verdict import Verdict

WIDTH = 52


def table(verdict: Verdict, counts: Mapping[str, int], seconds: float) -> str:
    """Everything that was counted, breaches last."""
    lines = [("Messages planned", verdict.planned)]
    lines += [(f"  {status}", number) for status, number in verdict.statuses.items()]
    lines += [("Accepted by Notify", verdict.accepted_at_notify), ("", "")]
    lines += sorted(counts.items())
    lines += [("", ""), ("Claims whose sender ended", sum(verdict.claims_given_up.values()))]
    lines += [(f"  {where}", number) for where, number in verdict.claims_given_up.items()]
    lines += [("", "")]
    lines += [(what[0].upper() + what[1:], len(found)) for what, found in verdict.breaches.items()]
    text = "\n".join(f"{name:<{WIDTH}}{number:>8}" if name else "" for name, number in lines)
    return f"{text}\n\n{'Clean' if verdict.is_clean else 'BROKEN'} after {seconds:.0f} seconds."


def as_json(verdict: Verdict, counts: Mapping[str, int], options: Options, seconds: float) -> str:
    """The same for machines."""
    return json.dumps(
        {
            "options": {name: str(value) for name, value in vars(options).items()},
            "seconds": round(seconds),
            "counts": dict(sorted(counts.items())),
            **verdict.as_json(),
        },
        indent=2,
    )


def page(table: str, options: Options) -> str:
    """The page for `docs/`."""
    command = (
        f'make chaos ARGS="--messages {options.messages} --kills {options.kills} '
        f'--seed {options.seed} --minutes {options.minutes:g} --speed {options.speed:g}"'
    )
    return PAGE.format(command=command, speed=f"{options.speed:g}", table=table)


def drill_page(table: str, options: Options) -> str:
    """The page of the restore drill for `docs/`."""
    command = (
        f'make drill ARGS="--messages {options.messages} --seed {options.seed} '
        f'--speed {options.speed:g}"'
    )
    return DRILL_PAGE.format(command=command, speed=f"{options.speed:g}", table=table)


def write(folder: Path, *, text: str, page: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    (folder / "report.md").write_text(page, encoding="utf-8")


PAGE = """# The fault rig's report

Made by

```
{command}
```

with PostgreSQL, Redis, a web server, Celery workers, beat and the Notify sandbox as real processes.
One worker serves each queue, exactly as `make run` and `compose.yaml` start them; the others serve
both, each with processes that can be killed one by one. The clock of all processes ran {speed}
times as fast as time, and so did the sandbox's waits and the waits in Redis: claims grow stale
after two minutes of that clock, the quarantine takes five. A seed decides what breaks when; what it
meets there is chance, so two runs differ in detail.

```
{table}
```

What is counted, when all is quiet:

- **Lost**: an address of a family that is not told of each programme that is left to invite it to,
  as the rig itself knows whom it let join; a message that the database calls accepted and Notify
  does not have; one that was withheld though its child remained eligible for a programme it names.
- **Sent twice**: a reference, a letter to one address, or one child's invitation for one programme
  to one address that Notify accepted more than once, by the words that it took.
- **Sent though no longer due**: a request under a claim that was taken after the child had become
  ineligible (deceased, sensitive, invalid, or out of the clinic), or vaccinated against what the
  words that Notify took name.
- **Unsettled**: a message that still waits, is claimed, or whose outcome is unclear.
- **Said otherwise than Notify**: withheld, refused or parked, and yet accepted by Notify; another
  final status, address or programmes than Notify's; an address that is called bad and Notify never
  said so.
- **Given up without a cause**: refused or parked at an address that ordered no fault.

The claims of ended senders are counted by how far they had come: before the request, during it, or
after the answer but before it was written down.
"""

DRILL_PAGE = """# The restore drill's report

Made by

```
{command}
```

A copy of the database is made with `pg_dump` while invitations go out. Sending goes on, some
children become ineligible, more join and are written to; then every process is killed and the
database deleted. The copy is restored on another server, `resume_after_restore` is run, those who
became ineligible are entered again, then those who joined, and sending is let go on, as the
[runbook](operations/restoring.md) says. The clock ran {speed} times as fast as time. The
[fault rig's report](chaos-report.md) says what is counted.

```
{table}
```
"""
