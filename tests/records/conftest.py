from datetime import UTC, datetime

import pytest


@pytest.fixture(autouse=True)
def november(time_machine):
    """Friday 20 November 2026, noon in London."""
    time_machine.move_to(datetime(2026, 11, 20, 12, tzinfo=UTC))
