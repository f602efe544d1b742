"""The values that responses take: plain words, so that rules may speak of them."""

from django.db.models import TextChoices

from sessions_app.choices import ConsentStatus, TriageStatus

YES_OR_NO = (("yes", "Yes"), ("no", "No"))


class Decision(TextChoices):
    """What one person answers; what all answers together come to is the consent status."""

    GIVEN = ConsentStatus.GIVEN.value, ConsentStatus.GIVEN.label
    REFUSED = ConsentStatus.REFUSED.value, ConsentStatus.REFUSED.label
    NOT_PROVIDED = "not_provided", ConsentStatus.NO_RESPONSE.label


class Reason(TextChoices):
    """Why consent is refused. What each asks for and offers is in `consent.reasons`."""

    GELATINE = "contains_gelatine", "Vaccine contains gelatine from pigs"
    ALREADY_VACCINATED = "already_vaccinated", "Vaccine already received"
    ELSEWHERE = "elsewhere", "Vaccine will be given elsewhere"
    MEDICAL = "medical", "Medical reasons"
    NOT_AT_SCHOOL = "not_at_school", "Do not want vaccination at school"
    PERSONAL = "personal", "Personal choice"
    OTHER = "other", "Other"


class Route(TextChoices):
    """How an answer came. The child's own comes by no other way."""

    ONLINE = "online", "Online"
    PHONE = "phone", "By phone"
    PAPER = "paper", "Paper"
    IN_PERSON = "in_person", "In person"
    SELF = "self", "Self-consent"


# The ways an answer comes that staff write down for somebody else.
STAFF_ROUTES = (Route.PHONE, Route.PAPER, Route.IN_PERSON)


class FollowUp(TextChoices):
    """What came of talking to a parent who refused and asked for it."""

    CONFIRMED = "confirmed", "The refusal stands"
    WITHDRAWN = "withdrawn", "The refusal does not stand"


class TriageOutcome(TextChoices):
    """What a nurse decides on whether it is safe to vaccinate. Source: consent §10."""

    SAFE = TriageStatus.SAFE.value, TriageStatus.SAFE.label
    DO_NOT_VACCINATE = TriageStatus.DO_NOT_VACCINATE.value, TriageStatus.DO_NOT_VACCINATE.label
    DELAY = TriageStatus.DELAY.value, TriageStatus.DELAY.label
    INVITE_TO_CLINIC = TriageStatus.INVITE_TO_CLINIC.value, TriageStatus.INVITE_TO_CLINIC.label
    KEEP = "keep", "Keep in triage"


class Unanswered(TextChoices):
    """Where the request stands while nobody has answered. Source: consent §9.2, rows 5 to 8."""

    NO_CONTACT = "no_contact", "No contact details"
    REQUEST_SCHEDULED = "request_scheduled", "Request scheduled"
    REQUEST_NOT_SCHEDULED = "request_not_scheduled", "Request not scheduled"
    NO_ANSWER = "no_answer", "No response"
