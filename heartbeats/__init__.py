"""Heartbeats: when each schedule of the timetable last ran, and whether it is overdue; which
workers take jobs. What was missed at night is sent after all.

Recorded by signals of Celery, so that no job has to remember it. It knows names of schedules and
queues, and nothing of what the jobs do.
"""
