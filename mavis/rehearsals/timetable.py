"""Beat's timetable at the speed of a rehearsal's clock."""

from celery.beat import PersistentScheduler
from celery.schedules import crontab
from django.conf import settings

DAY = 24 * 3600
SHORTEST = 0.5


class QuickTimetable(PersistentScheduler):
    """The timetable of production, every interval as much shorter as the clock is faster."""

    def setup_schedule(self) -> None:
        self.app.conf.beat_schedule = {
            name: {**entry, "schedule": quickened(entry["schedule"], settings.CLOCK_SPEED)}
            for name, entry in self.app.conf.beat_schedule.items()
        }
        super().setup_schedule()


def quickened(schedule: float | crontab, speed: float) -> float:
    """The real seconds between two runs. What runs several times a day runs all day long."""
    if isinstance(schedule, crontab):
        runs_often = len(schedule.hour) > 1
        schedule = 3600 / len(schedule.minute) if runs_often else DAY
    return max(schedule / speed, SHORTEST)
