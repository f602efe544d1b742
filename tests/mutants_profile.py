"""How property tests run while mutants are tested: alike each time, in the one process they share.

Loaded by `make mutants` only. Each mutant forks one process that has imported the tests already.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "mutants",
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)
settings.load_profile("mutants")
