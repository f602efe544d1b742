"""Plain words about vaccines, so that rules may speak of them."""

from django.db.models import TextChoices


class Method(TextChoices):
    """How a vaccine is given."""

    INJECTION = "injection", "Injection"
    NASAL = "nasal", "Nasal spray"
