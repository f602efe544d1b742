"""Faults ordered through the control API: rules that match calls, look-ups and receipts.

Source: Notify §14.3.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from notifications.sandbox.effects import HANG_S, LATE_S, SLOW_S, Fault

ENDPOINTS = ("post", "get", "list", "receipt")
STAGES = ("before", "after")
CALL_ACTIONS = (
    "status",
    "hang",
    "drop",
    "delay",
    "html",
    "badjson",
    "rate429",
    "daily429",
    "auth",
    "team400",
    "late",
)
LOOKUP_ACTIONS = ("status", "hang", "drop", "delay", "html", "badjson", "auth", "lag")
RECEIPT_ACTIONS = ("drop", "delay", "repeat", "shuffle")
ACTIONS = {
    "post": CALL_ACTIONS,
    "get": LOOKUP_ACTIONS,
    "list": LOOKUP_ACTIONS,
    "receipt": RECEIPT_ACTIONS,
}
MATCHERS = ("endpoint", "channel", "to", "reference", "template_id", "key_type")
DEFAULT_DELAYS = {"hang": HANG_S, "late": LATE_S, "delay": SLOW_S}
SETTINGS = ("match", "stage", "action", "status", "delay_s", "lookup_lag_s", "times", "seed")


class RuleError(ValueError):
    """A rule cannot be understood; the message says why."""


@dataclass(frozen=True)
class Call:
    """What a rule can tell a call by. `endpoint` is one of post, get, list and receipt."""

    endpoint: str
    channel: str | None = None
    to: str | None = None
    reference: str | None = None
    template_id: str | None = None
    key_type: str | None = None


@dataclass
class Rule:
    """One ordered fault. `nth` counts the matching calls of one reference or recipient."""

    id: int
    match: dict[str, str]
    action: str
    stage: str = "before"
    status: int = 500
    delay_s: float = 0.0
    nth: int | None = None
    probability: float = 1.0
    times: int | None = None
    seed: int = 0
    applied: int = 0
    _counts: Counter[str] = field(default_factory=Counter, repr=False)
    _random: random.Random = field(default_factory=random.Random, repr=False)

    def applies_to(self, call: Call) -> bool:
        """Whether the rule meets this call; asking counts the call."""
        if self.times is not None and self.applied >= self.times:
            return False
        if any(getattr(call, name) != wanted for name, wanted in self.match.items()):
            return False
        who = call.reference or call.to or ""
        if self.nth is not None:
            self._counts[who] += 1
            if self._counts[who] != self.nth:
                return False
        if self._random.random() >= self.probability:
            return False
        self.applied += 1
        return True

    def chance(self, salt: str) -> float:
        """A number from 0 to 1, always the same for one seed and salt."""
        return random.Random(f"{self.seed} {salt}").random()  # noqa: S311 - not a secret

    def as_fault(self) -> Fault:
        action = {"auth": "revoked403", "late": "hang"}.get(self.action, self.action)
        return Fault(
            action,
            stored=self.stage == "after" or self.action in ("late", "delay"),
            late=self.action == "late" or (self.action == "delay" and self.stage == "before"),
            status=self.status,
            delay_s=self.delay_s,
        )

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


class Faults:
    """The rules in force; the first that matches a call decides."""

    def __init__(self) -> None:
        self._rules: dict[int, Rule] = {}
        self._last_id = 0

    def add(self, document: Any) -> Rule:
        self._last_id += 1
        rule = read_rule(document, self._last_id)
        self._rules[rule.id] = rule
        return rule

    def remove(self, rule_id: int | None = None) -> int:
        """Lift one rule or all; how many that were."""
        if rule_id is None:
            removed, self._rules = len(self._rules), {}
            return removed
        return 0 if self._rules.pop(rule_id, None) is None else 1

    def all(self) -> list[Rule]:
        return list(self._rules.values())

    def meeting(self, call: Call) -> Rule | None:
        return next((rule for rule in self._rules.values() if rule.applies_to(call)), None)


def read_rule(document: Any, rule_id: int) -> Rule:
    """A rule from its JSON, or RuleError."""
    if not isinstance(document, dict) or not isinstance(document.get("match", {}), dict):
        raise RuleError("A rule is an object with a match object and an action")
    unknown = sorted(set(document) - set(SETTINGS))
    match = dict(document.get("match", {}))
    nth, probability = match.pop("nth", None), match.pop("probability", 1.0)
    unknown += sorted(set(match) - set(MATCHERS))
    if unknown:
        raise RuleError(f"A rule has no setting {', '.join(unknown)}")
    match.setdefault("endpoint", "post")
    endpoint = match["endpoint"]
    if endpoint not in ENDPOINTS:
        raise RuleError(f"endpoint is one of {', '.join(ENDPOINTS)}")
    lag, delay = document.get("lookup_lag_s"), document.get("delay_s")
    action = document.get("action", "lag" if lag is not None else None)
    if action not in ACTIONS[endpoint]:
        raise RuleError(f"action of endpoint {endpoint} is one of {', '.join(ACTIONS[endpoint])}")
    stage = document.get("stage", "before")
    if stage not in STAGES:
        raise RuleError("stage is before or after")
    usual_delay = DEFAULT_DELAYS.get(str(action), 0.0)
    seed, times = int(document.get("seed", rule_id)), document.get("times")
    return Rule(
        id=rule_id,
        match=match,
        action=action,
        stage=stage,
        status=int(document.get("status", 502 if action == "html" else 500)),
        delay_s=float(next(given for given in (delay, lag, usual_delay) if given is not None)),
        nth=None if nth is None else int(nth),
        probability=float(probability),
        times=None if times is None else int(times),
        seed=seed,
        _random=random.Random(seed),  # noqa: S311 - chance that can be repeated, not a secret
    )
