"""Reads about programmes."""

from programmes.models import Vaccine


def contains_gelatine(programme: str) -> bool:
    """Whether a vaccine in use in a programme contains gelatine from pigs."""
    return Vaccine.objects.filter(
        programme=programme, is_discontinued=False, contains_gelatine=True
    ).exists()
