"""Magic recipients: addresses and numbers that order a fault or an outcome. Source: Notify §14.2.

An email goes to `NAME@sandbox.example`, a text to `077009005NN`. A fault meets the first attempt of
a reference, after that the message behaves; `NAME+n3@` is the first three, `+n0` always. Further
tags make addresses distinct.
"""

import re
from dataclasses import dataclass, replace

DOMAIN = "@sandbox.example"
NUMBER = re.compile(r"447700900(5\d\d)")
REPEATS = re.compile(r"n(\d+)")

HANG_S = 60.0
LATE_S = 25.0
SLOW_S = 8.0
RECEIPT_LATE_S = 72 * 3600.0


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call.

    `stored` says whether the message is accepted all the same; `late` that this happens only
    `delay_s` after the call.
    """

    action: str
    stored: bool = False
    late: bool = False
    status: int = 500
    delay_s: float = 0.0


@dataclass(frozen=True)
class Course:
    """What becomes of an accepted message: its status in the end, and which receipts are posted."""

    final: str = "delivered"
    receipts: str = "normal"


@dataclass(frozen=True)
class Effect:
    name: str
    fault: Fault | None = None
    repeats: int = 1
    course: Course = Course()


FAULTS = {
    "hang-before": (1, Fault("hang", delay_s=HANG_S)),
    "hang-after": (2, Fault("hang", stored=True, delay_s=HANG_S)),
    "drop-before": (3, Fault("drop")),
    "drop-after": (4, Fault("drop", stored=True)),
    "late-accept": (5, Fault("hang", stored=True, late=True, delay_s=LATE_S)),
    "err500-before": (6, Fault("status", status=500)),
    "err500-after": (7, Fault("status", stored=True, status=500)),
    "html502": (8, Fault("html", status=502)),
    "html503": (9, Fault("html", status=503)),
    "err504": (10, Fault("status", status=504)),
    "badjson201": (11, Fault("badjson", stored=True)),
    "html400": (12, Fault("html", status=400)),
    "rate429": (13, Fault("rate429")),
    "daily429": (14, Fault("daily429")),
    "skew403": (15, Fault("skew403")),
    "revoked403": (16, Fault("revoked403")),
    "slow": (17, Fault("delay", stored=True, delay_s=SLOW_S)),
    "team400": (18, Fault("team400")),
}
COURSES = {
    "delivered": (20, Course()),
    "temp-fail": (21, Course("temporary-failure")),
    "perm-fail": (22, Course("permanent-failure")),
    "tech-fail": (23, Course("technical-failure", receipts="none")),
    "stuck-created": (24, Course("created", receipts="none")),
    "stuck-sending": (25, Course("sending", receipts="none")),
    "sent-only": (26, Course("sent", receipts="none")),
    "receipt-never": (30, Course(receipts="none")),
    "receipt-twice": (31, Course(receipts="thrice")),
    "receipt-early": (32, Course(receipts="early")),
    "receipt-reversed": (33, Course(receipts="reversed")),
    "receipt-forged": (34, Course(receipts="forged")),
    "receipt-foreign": (35, Course(receipts="foreign")),
    "receipt-late": (36, Course(receipts="late")),
}
NAMES = {500 + number: name for name, (number, _) in (FAULTS | COURSES).items()}


def effect_of(normalised: str) -> Effect | None:
    """What a recipient orders, or None for an ordinary one."""
    name, tags = _name_and_tags(normalised)
    if name in COURSES:
        return Effect(name, course=COURSES[name][1])
    if name not in FAULTS:
        return None
    fault = FAULTS[name][1]
    if "stored" in tags and fault.action in ("html", "status"):
        fault = replace(fault, stored=True)
    repeats = next((int(match[1]) for tag in tags if (match := REPEATS.fullmatch(tag))), 1)
    return Effect(name, fault=fault, repeats=repeats)


def _name_and_tags(normalised: str) -> tuple[str, list[str]]:
    if normalised.endswith(DOMAIN):
        name, *tags = normalised.removesuffix(DOMAIN).split("+")
        return name, tags
    match = NUMBER.fullmatch(normalised)
    return (NAMES.get(int(match[1]), ""), []) if match else ("", [])
