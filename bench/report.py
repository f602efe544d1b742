"""What a benchmark found, as a table for people and as JSON for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Finding:
    """One measure and its floor, in the same unit, and how near to it we must come."""

    benchmark: str
    unit: str
    ours: float
    floor: float
    ratio: float
    at_least: float
    # Counts that must be zero for the measure to be worth anything.
    must_be_zero: dict[str, int] = field(default_factory=dict)
    details: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return self.ratio >= self.at_least and not any(self.must_be_zero.values())


def table(findings: Sequence[Finding]) -> str:
    """The findings in aligned columns, with what else was seen below each."""
    lines = [f"{'benchmark':<18}{'ours':>12}{'floor':>12}  {'unit':<22}{'ratio':>7}{'needed':>8}"]
    for found in findings:
        lines.append(
            f"{found.benchmark:<18}{found.ours:>12.1f}{found.floor:>12.1f}  {found.unit:<22}"
            f"{found.ratio:>7.2f}{found.at_least:>8.2f}  {'holds' if found.holds else 'FAILS'}"
        )
        others = {**found.must_be_zero, **found.details}
        lines += [f"{'':<18}{name}: {value:g}" for name, value in others.items()]
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    return json.dumps([asdict(found) | {"holds": found.holds} for found in findings], indent=2)


def from_json(text: str) -> Finding:
    """The one finding that `as_json` wrote down."""
    [found] = json.loads(text)
    found.pop("holds")
    return Finding(**found)
