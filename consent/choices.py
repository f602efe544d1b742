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

    SAFE = "safe", "Safe to vaccinate"
    DO_NOT_VACCINATE = "do_not_vaccinate", "Do not vaccinate"
    DELAY = "delay", "Delay vaccination"
    INVITE_TO_CLINIC = "invite_to_clinic", "Invite to clinic"
    KEEP = "keep", "Keep in triage"


class Unanswered(TextChoices):
    """Why nobody has answered yet, as a sentence. Source: consent §9.2, rows 5 to 8."""

    NO_CONTACT = "no_contact", "Nobody has responded: no parent has contact details."
    REQUEST_SCHEDULED = "request_scheduled", "Nobody has responded yet: a request is scheduled."
    REQUEST_NOT_SCHEDULED = (
        "request_not_scheduled",
        "Nobody has responded yet: no request has been sent or is scheduled.",
    )
    NO_ANSWER = "no_answer", "Nobody has responded yet."
