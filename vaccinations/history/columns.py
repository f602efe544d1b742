"""The columns of a file of vaccination history, as the upload page explains them.

Source: cohorts and imports §3.2 and §5.
"""

from cohorts.cohort_file import HOME_EDUCATED_URN, UNKNOWN_SCHOOL_URN, Column

COLUMNS = (
    Column("ORGANISATION_CODE", True, "The ODS code of your organisation"),
    Column(
        "SCHOOL_URN",
        True,
        f"The 6-digit URN of the school, {HOME_EDUCATED_URN} for a home-educated child, or "
        f"{UNKNOWN_SCHOOL_URN} if the school is not known. It may be left blank",
    ),
    Column("SCHOOL_NAME", True, f"Needed where the URN is {UNKNOWN_SCHOOL_URN}"),
    Column("NHS_NUMBER", True, "10 digits. It may be left blank where there is a postcode"),
    Column("PERSON_FORENAME", True, "Letters, apostrophes and hyphens, up to 300 characters"),
    Column("PERSON_SURNAME", True, "Letters, apostrophes and hyphens, up to 300 characters"),
    Column("PERSON_DOB", True, "DD/MM/YYYY, YYYY-MM-DD or YYYYMMDD"),
    Column("PERSON_GENDER_CODE", False, "Male, Female, Not known or Not specified"),
    Column(
        "PERSON_POSTCODE",
        True,
        "A full UK postcode. It may be left blank where there is an NHS number",
    ),
    Column("DATE_OF_VACCINATION", True, "DD/MM/YYYY, YYYY-MM-DD or YYYYMMDD"),
    Column("TIME_OF_VACCINATION", False, "HH:MM or HH:MM:SS"),
    Column(
        "PROGRAMME", False, "HPV, Flu, MenACWY, Td/IPV or MMR. Needed where no vaccine is named"
    ),
    Column("VACCINATED", False, "Y or N. Blank means Y where a vaccine is named"),
    Column("VACCINE_GIVEN", True, "The vaccine, like Gardasil9. Blank where none was given"),
    Column("BATCH_NUMBER", True, "Letters and numbers. Blank where none was given"),
    Column("BATCH_EXPIRY_DATE", True, "A date, or blank"),
    Column(
        "ANATOMICAL_SITE",
        True,
        "Left or right upper arm, lower arm, thigh or buttock, or nasal. It may be left blank",
    ),
    Column(
        "REASON_NOT_VACCINATED",
        False,
        "Refused, Unwell, Vaccination contraindicated, Already had elsewhere, Did not attend or "
        "Absent from school. Needed where the child was not vaccinated",
    ),
    Column("DOSE_SEQUENCE", False, "The number of the dose, like 1. Not needed for flu"),
    Column("CARE_SETTING", False, "1 for a school, 2 for the community. Needed for HPV"),
    Column(
        "CLINIC_NAME",
        False,
        "The name of one of your clinics. Needed for vaccinations this academic year in the "
        "community",
    ),
    Column("PERFORMING_PROFESSIONAL_FORENAME", False, "First name of the person who vaccinated"),
    Column("PERFORMING_PROFESSIONAL_SURNAME", False, "Last name of the person who vaccinated"),
    Column("PERFORMING_PROFESSIONAL_EMAIL", False, "Email address of somebody who uses Mavis"),
    Column("NOTES", False, "Up to 1,000 characters"),
)
REQUIRED_COLUMNS = tuple(column.name for column in COLUMNS if column.is_required)
