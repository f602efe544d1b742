"""The values that responses take: plain words, so that rules may speak of them."""

from django.db.models import TextChoices


class Decision(TextChoices):
    GIVEN = "given", "Consent given"
    REFUSED = "refused", "Consent refused"
    NOT_PROVIDED = "not_provided", "No response"


class Reason(TextChoices):
    """Why consent is refused. What each asks for and offers is in `consent.reasons`."""

    GELATINE = "contains_gelatine", "Vaccine contains gelatine from pigs"
    ALREADY_VACCINATED = "already_vaccinated", "Vaccine already received"
    ELSEWHERE = "elsewhere", "Vaccine will be given elsewhere"
    MEDICAL = "medical", "Medical reasons"
    NOT_AT_SCHOOL = "not_at_school", "Do not want vaccination at school"
    PERSONAL = "personal", "Personal choice"
    OTHER = "other", "Other"
