"""The timetable that beat keeps, as the rules understand it."""

from celery import current_app
from celery.schedules import crontab, schedule

from heartbeats.rules import Comes, Interval, Times

# The header that beat's messages carry: which schedule sent them.
HEADER = "mavis_schedule"


_titles: dict[str, str] = {}


def sign(entries: dict[str, dict]) -> dict[str, dict]:
    """The entries of a timetable for beat, each marking the jobs it sends with its name.

    What a job does for people, its `title`, stays here.
    """
    _titles.update({name: entry["title"] for name, entry in entries.items()})
    return {
        name: {
            **{key: value for key, value in entry.items() if key != "title"},
            "options": {
                **entry.get("options", {}),
                "headers": {**entry.get("options", {}).get("headers", {}), HEADER: name},
            },
        }
        for name, entry in entries.items()
    }


def timetable() -> dict[str, Comes]:
    """Every schedule by name, and when it comes."""
    return {name: when(entry["schedule"]) for name, entry in current_app.conf.beat_schedule.items()}


def title_of(name: str) -> str:
    """What a schedule's job does, in plain words."""
    return _titles.get(name, name)


def send(name: str) -> None:
    """Send a schedule's job to the workers now, as beat would. Raises what the broker raises."""
    entry = current_app.conf.beat_schedule[name]
    current_app.send_task(entry["task"], retry=False, **entry.get("options", {}))


def when(comes: float | schedule | crontab) -> Comes:
    """One of Celery's schedules in our terms. Raises TypeError for a kind that we cannot judge."""
    if isinstance(comes, crontab):
        return Times(
            minutes=frozenset(comes.minute),
            hours=frozenset(comes.hour),
            weekdays=frozenset(comes.day_of_week),
            days=frozenset(comes.day_of_month),
            months=frozenset(comes.month_of_year),
        )
    if isinstance(comes, schedule):
        return Interval(comes.run_every.total_seconds())
    if isinstance(comes, int | float):
        return Interval(float(comes))
    raise TypeError(f"A heartbeat cannot follow {type(comes).__name__}")
