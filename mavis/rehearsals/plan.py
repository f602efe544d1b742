"""What goes wrong when: drawn from a seed before anything starts."""

import random
from collections.abc import Collection
from dataclasses import dataclass

# Of a hundred kills, how many take a whole worker rather than one process that runs its jobs.
WHOLE_WORKERS_IN_A_HUNDRED = 16
KILL_SENDER, KILL_WORKER = "kill sender", "kill worker"
JOIN, FAREWELL = "join", "farewell"
# The share of the time after which nothing new begins, so that what began can end.
CALM_FROM = 0.92


@dataclass(frozen=True, order=True)
class Step:
    """Something that is to happen so many real seconds after the start."""

    at: float
    what: str


def draw(
    *,
    seed: int,
    seconds: float,
    kills: int,
    joins: int,
    farewells: int,
    faults: Collection[str],
    seconds_between_faults: float,
) -> list[Step]:
    """The whole plan in order, the same for the same arguments.

    Kills, joinings and farewells come at random moments; every fault comes in turn, in an order
    of its own each round.
    """
    chance = random.Random(seed)  # noqa: S311 - a plan that can be repeated, not a secret
    ends = seconds * CALM_FROM
    steps = [Step(chance.uniform(0, ends), _kill(chance)) for _ in range(kills)]
    steps += [Step(ends * (n + chance.random()) / joins, JOIN) for n in range(joins)]
    steps += [Step(chance.uniform(0, ends), FAREWELL) for _ in range(farewells)]
    at, round_ = seconds_between_faults / 2, list[str]()
    while at < ends:
        if not round_:
            round_ = chance.sample(sorted(faults), len(faults))
        steps.append(Step(at, round_.pop()))
        at += seconds_between_faults * chance.uniform(0.5, 1.5)
    return sorted(steps)


def _kill(chance: random.Random) -> str:
    is_whole = chance.randrange(100) < WHOLE_WORKERS_IN_A_HUNDRED
    return KILL_WORKER if is_whole else KILL_SENDER
