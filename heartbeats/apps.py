from django.apps import AppConfig
from django.db.models.signals import post_migrate


class HeartbeatsConfig(AppConfig):
    name = "heartbeats"

    def ready(self) -> None:
        from heartbeats import recording, workers

        recording.connect()
        workers.connect()
        post_migrate.connect(recording.watch_the_timetable, sender=self)
