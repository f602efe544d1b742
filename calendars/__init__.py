"""Time: the clock, London days, academic years, year groups and bank holidays.

The lowest layer: it knows no model and no other app. Rules elsewhere take `today` or `now`
as an argument; only views, tasks and commands ask `calendars.clock`.
"""
