"""Heartbeats: when each schedule of the timetable last ran, and whether it is overdue.

Recorded by signals of Celery, so that no job has to remember it. It knows names of schedules and
queues, and nothing of what the jobs do.
"""
