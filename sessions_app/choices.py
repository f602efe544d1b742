"""The values that statuses take: plain words, so that rules may speak of them."""

from django.db.models import TextChoices


class ConsentStatus(TextChoices):
    """The consent of all responders together; of the vaccinated it is not asked, whatever was
    answered. Source: consent §9.
    """

    NO_RESPONSE = "no_response", "No response"
    GIVEN = "given", "Consent given"
    REFUSED = "refused", "Consent refused"
    CONFLICTS = "conflicts", "Conflicting consent"
    FOLLOW_UP = "follow_up", "Follow-up requested"
    NOT_REQUIRED = "not_required", "Not required"


class TriageStatus(TextChoices):
    NOT_NEEDED = "not_needed", "No triage needed"
    NEEDED = "needed", "Needs triage"
    SAFE = "safe", "Safe to vaccinate"
    DO_NOT_VACCINATE = "do_not_vaccinate", "Do not vaccinate"
    DELAY = "delay", "Delay vaccination"
    INVITE_TO_CLINIC = "invite_to_clinic", "Invite to clinic"


class VaccinationStatus(TextChoices):
    NOT_VACCINATED = "not_vaccinated", "Not vaccinated"
    VACCINATED = "vaccinated", "Vaccinated"


class Exclusion(TextChoices):
    """Why a child of the clinic cohort is not invited. Source: sessions and clinics §6.3."""

    DECEASED = "deceased", "The child has died"
    INVALID = "invalid", "The record is flagged as invalid"
    RESTRICTED = "restricted", "The record is flagged as sensitive"
    YEAR_GROUP = "year_group", "Not in a year group of the programme"
    VACCINATED = "vaccinated", "Already vaccinated"
    CHILD_DECIDED = "child_decided", "The child asked us not to tell their parents"
    REFUSED = "refused", "Consent refused"
    CONFLICTS = "conflicts", "Conflicting consent"
    FOLLOW_UP = "follow_up", "A parent asked to talk first"
    DO_NOT_VACCINATE = "do_not_vaccinate", "Triage decided not to vaccinate"
    NO_CONTACT = "no_contact", "No contact details"
