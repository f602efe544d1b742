"""`make mutants`: change the rules in hundreds of small ways, and see whether a test notices.

The rules of who is due, who is eligible and when: plain functions, so their fast tests need no
database. What is changed, and which tests must notice, stands in `pyproject.toml`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from mavis.local import install
from mavis.local.console import Refusal, say
from mavis.local.environment import without_own_settings
from mavis.local.workplace import ROOT

LOCKED = ROOT / "requirements" / "mutants.txt"
# mutmut works in this folder, and so do its results.
WORK = ROOT / "mutants"
LEAST_KILLED = 90.0
CORES = "2"
PAGE = """# Mutation testing of the rules

Made by

```
make mutants
```

It changes the rules of who is due, who is eligible and when (`[tool.mutmut]` in `pyproject.toml`
names the files) in small ways, one at a time: a comparison, a number, a word. Their table and
property tests run against each change. A change that no test notices "survives", one that no test
even runs counts as surviving too, and {least:g}% must be noticed. It is no part of `make test`.

```
{table}
```

Survived:

```
{survivors}
```
"""


def run(arguments: list[str]) -> int:
    """Test all mutants afresh; 1 if too many survive. Further arguments name some mutants."""
    install.install_locked(LOCKED)
    shutil.rmtree(WORK, ignore_errors=True)
    environment = {**without_own_settings(), "DJANGO_SETTINGS_MODULE": "mavis.settings.base"}
    _mutmut(["run", "--max-children", CORES, *arguments], environment)
    _mutmut(["export-cicd-stats"], environment)
    found = json.loads((WORK / "mutmut-cicd-stats.json").read_text())
    survivors = _mutmut(["results"], environment, keeps=True).stdout
    noticed = found["killed"] + found["timeout"] + found["segfault"]
    share = 100 * noticed / found["total"] if found["total"] else 0.0
    rows = [
        ("Changes", found["total"]),
        ("  noticed", noticed),
        ("  not noticed", found["survived"] + found["suspicious"]),
        ("  in code that no test runs", found["no_tests"]),
    ]
    table = "\n".join(f"{name:<40}{number:>8}" for name, number in rows)
    table += f"\n{'Noticed':<40}{share:>7.1f}%"
    lines = [line.strip() for line in survivors.splitlines() if "timeout" not in line]
    page = PAGE.format(least=LEAST_KILLED, table=table, survivors="\n".join(lines).strip())
    (WORK / "report.md").write_text(page, encoding="utf-8")
    say(f"{table}\n.venv/bin/mutmut show NAME shows one; the page for docs/ is mutants/report.md.")
    return 0 if share >= LEAST_KILLED else 1


def _mutmut(
    arguments: list[str], environment: dict[str, str], *, keeps: bool = False
) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "mutmut"), *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=keeps,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refusal("mutmut did not come to its end; what it said is above.")
    return done
