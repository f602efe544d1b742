"""The operators' command that plans, and tells what it would plan."""

from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from notifications.models import Message

NOW = "2027-01-04T12:00Z"


def run(*arguments):
    out = StringIO()
    call_command("plan_invitations", *arguments, stdout=out)
    return out.getvalue()


@time_machine.travel("2026-12-20T12:00Z", tick=False)
def test_a_dry_run_of_a_day_to_come_says_who_and_why_not_and_writes_nothing(clinic):
    invited = clinic.child(parents=2)
    nobody = clinic.child(parents=0)
    out = run("--on", "2027-01-04", "--dry-run")
    assert f"{invited.full_name}: would be invited now, 2 by email and 2 by text" in out
    assert f"{nobody.full_name}: Not invited: no contact details" in out
    assert "1 children" not in out
    assert "1 child: the parents would be written to. Nothing was sent." in out
    assert not Message.objects.exists()
    out = run("--on", "2027-01-03", "--dry-run")
    assert f"{invited.full_name}: Will be invited on 4 January 2027" in out


@time_machine.travel(NOW, tick=False)
def test_it_plans_what_is_due_and_once(clinic):
    clinic.child()
    assert "1 child" in run()
    assert "0 children" in run()
    assert Message.objects.count() == 2


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--on", "2027-02-30", "--dry-run"], "--on must be a date like 2027-01-12"),
        (["--on", "tomorrow"], "--on must be a date like 2027-01-12"),
        (["--on", "2027-01-20"], "--on needs --dry-run"),
    ],
)
def test_bad_arguments_get_a_sentence(db, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)
