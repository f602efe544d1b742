"""The clock that all processes of a rehearsal share."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

# A Tuesday in winter, when London keeps UTC: everybody may be written to all day.
MORNING = datetime(2027, 1, 12, 9, 15, tzinfo=UTC)


@dataclass
class Pace:
    """It showed `shown` at the real instant `since` and runs `speed` times as fast."""

    speed: float
    shown: datetime = MORNING
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    def variables(self) -> dict[str, str]:
        """The settings that give a process this clock."""
        return {
            "CLOCK_FROM": self.shown.isoformat(),
            "CLOCK_SINCE": self.since.isoformat(),
            "CLOCK_SPEED": str(self.speed),
        }

    def step(self, by: timedelta) -> None:
        """Let it show another time; processes that run already do not see it."""
        self.shown += by

    def real(self, minutes: float) -> float:
        """The real seconds that so many minutes of the clock last."""
        return minutes * 60 / self.speed
