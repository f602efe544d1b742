"""The families of a rehearsal are such that its verdict can hold."""

import pytest

from cohorts.formats import UK_MOBILE
from mavis.rehearsals.cohort import BAD_NUMBERS
from notifications.sandbox.recipients import NotARecipient, read_phone


def test_impossible_numbers_are_texted_by_us_and_refused_by_notify():
    for number in BAD_NUMBERS:
        assert UK_MOBILE.fullmatch(number)
        with pytest.raises(NotARecipient):
            read_phone(number)
