"""Comparing our wording with the templates that Notify has."""

from collections.abc import Iterator, Mapping

from notifications import notify, rendering, rules
from notifications.wording import Wording, all_wordings

TYPES = {"email": "email", "text": "sms"}


def differences(wording: Wording, theirs: Mapping) -> list[str]:
    """What Notify's template has otherwise, each as a sentence without a full stop."""
    found = []
    if theirs.get("type") != TYPES[wording.channel]:
        found.append(f"is of type {theirs.get('type')}, not {TYPES[wording.channel]}")
    if wording.channel == "email" and _tidy(theirs.get("subject")) != _tidy(wording.subject):
        found.append(f"has another subject: {_tidy(theirs.get('subject'))}")
    if _tidy(theirs.get("body")) != _tidy(wording.body):
        found.append("has another text")
    asked = {rendering.key(name) for name in theirs.get("personalisation") or {}}
    ours = {rendering.key(name) for name in wording.placeholders}
    found += [f"asks for (({name})), which is never given" for name in sorted(asked - ours)]
    found += [f"does not use (({name}))" for name in sorted(ours - asked)]
    return found


def _tidy(text: str | None) -> str:
    """Without what pasting into a web form changes: line ends and space at the ends of lines."""
    return "\n".join(line.rstrip() for line in (text or "").strip().splitlines())


def check_all() -> Iterator[str]:
    """Every difference between our wording and Notify's templates, one sentence each."""
    with notify.Notify() as connection:
        for wording in all_wordings().values():
            name = f"{wording.name} ({wording.channel})"
            theirs = connection.template(wording.template_id)
            match theirs:
                case notify.Gone():
                    yield f"{name}: Notify has no template {wording.template_id}"
                case notify.NoAnswer(reason=reason) | rules.Unauthorised(reason=reason):
                    yield f"{name}: could not be checked: {reason}"
                case _:
                    yield from (
                        f"{name}: the template {each}" for each in differences(wording, theirs)
                    )
