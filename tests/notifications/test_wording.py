import re

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import example, given
from hypothesis import strategies as st

from notifications import rendering, wording
from notifications.sandbox import config as sandbox_config
from tests.notifications.conftest import VALUES

EVERY_VALUE = VALUES | {
    "consent_link": "https://mavis.example.com/consent/a1b2c3d4e5/hpv/start",
    "consent_deadline": "Monday 11 January 2027",
    "location_name": "Grace Academy",
    "session_dates": "Tuesday 12 January 2027",
    "privacy_notice": "Our privacy notice says how we use your information: "
    "https://sais.example.com/privacy",
    "session_date": "Tuesday 12 January 2027",
    "if_missed": "We will be at the school again on Tuesday 19 January 2027.",
    "what_now": "We will be at the school on Tuesday 19 January 2027.",
    "delay_until": "1 March 2027",
    "what_changed": "* 25 January 2027 moved to 8 February 2027",
    "what_changed_short": "25 January 2027 moved to 8 February 2027",
    "dates_now": "* Monday 8 February 2027",
    "next_steps": "We expect to vaccinate your child at Grace Academy on Tuesday 12 January 2027.",
    "vaccination_agreed": "HPV vaccination",
}
LONG_VALUES = EVERY_VALUE | {
    "what_changed_short": "25 September 2027 moved to 28 September 2027; "
    "26 September 2027 moved to 29 September 2027",
    "full_and_preferred_child_name": "Wilhelmina-Josephine Featherstonehaugh-Cholmondeley "
    "(known as Billie Featherstonehaugh-Cholmondeley)",
    "vaccination_agreed": "flu vaccination (nasal spray, or injection if not suitable)",
    "next_steps": "We expect to vaccinate your child at Saint Thomas of Canterbury Roman Catholic "
    "Academy for Girls on Monday 11 January 2027, Tuesday 12 January 2027 and Wednesday 13 January "
    "2027. If anything changes, we will tell you.",
    "session_date": "Wednesday 29 September 2027",
    "if_missed": "We will be at the school again on Wednesday 6 October 2027, "
    "Wednesday 13 October 2027, Wednesday 20 October 2027 and Wednesday 17 November 2027.",
    "what_now": "We will be at the school on Wednesday 6 October 2027, "
    "Wednesday 13 October 2027, Wednesday 20 October 2027 and Wednesday 17 November 2027.",
    "team_name": "Coventry and Warwickshire Community School-Age Immunisation Service (North)",
    "team_email": "immunisation.team.north.coventry.and.warwickshire@sais.example.com",
    "how_to_book_short": "Book at https://booking.example.com/provider/cwp/clinics/vaccinations. "
    "You need an account: choose Book an appointment and search for CWP.",
}
ALL = list(wording.all_wordings().values())
TEXTS = [each for each in ALL if each.channel == "text"]


def name_of(each):
    return f"{each.name}.{each.channel}"


@pytest.mark.parametrize("each", ALL, ids=name_of)
def test_every_wording_is_whole_and_waits_for_approval(each):
    assert each.title
    assert bool(each.subject) == (each.channel == "email")
    assert each.approval == "needs clinical approval"
    assert each.missing(EVERY_VALUE) == []
    assert "((" not in each.preview(EVERY_VALUE).body
    assert each.template_id


@pytest.mark.parametrize("each", TEXTS, ids=name_of)
def test_texts_fit_and_say_that_replies_are_not_read(each):
    preview = each.preview(LONG_VALUES)
    assert len(preview.body) <= rendering.MOST_TEXT_CHARACTERS
    assert preview.fragments <= 6
    assert "Replies to this text are not read" in preview.body


@pytest.mark.parametrize("each", [e for e in ALL if e.name.endswith("_invitation")], ids=name_of)
def test_invitations_leave_out_dates_slots_consent_links_and_the_parents_name(each):
    assert set(each.placeholders) <= set(VALUES)
    said = f"{each.subject} {each.body}".lower()
    for forbidden in ("consent", "_date", "parent_name", "session", "slot"):
        assert forbidden not in said


@pytest.mark.parametrize("each", ALL, ids=name_of)
def test_childrens_names_carry_no_links_into_emails(each):
    assert each.sanitise == (("full_and_preferred_child_name",) if each.channel == "email" else ())
    assert set(each.sanitise) <= set(rendering.placeholders(each.body))
    assert not set(each.sanitise) & set(rendering.placeholders(each.subject))


def test_titles_are_what_the_activity_log_says():
    titles = {each.name: each.title for each in ALL}
    assert titles == {
        "clinic_dates_changed": "Session clinic dates changed",
        "clinic_initial_invitation": "Session clinic initial invitation",
        "clinic_subsequent_invitation": "Session clinic subsequent invitation",
        "consent_clinic_request": "Consent clinic request",
        "consent_confirmation_clinic": "Consent confirmation clinic",
        "consent_confirmation_given": "Consent confirmation given",
        "consent_confirmation_refused": "Consent confirmation refused",
        "consent_confirmation_triage": "Consent confirmation needs triage",
        "consent_school_reminder": "Consent school reminder",
        "consent_school_request": "Consent school request",
        "consent_unknown_contact": "Unknown contact details warning",
        "consent_withdrawn": "Consent confirmation withdrawn",
        "session_school_dates_changed": "Session school dates changed",
        "session_school_reminder": "Session school reminder",
        "triage_safe": "Triage message (vaccination will happen)",
        "triage_do_not_vaccinate": "Triage message (vaccination will not happen)",
        "triage_delay": "Triage message (vaccination is delayed)",
        "triage_clinic": "Triage message (vaccination at a clinic)",
        "triage_under_review": "Triage message (answers under review)",
    }
    assert wording.title("long_gone", "email") == "Unknown email"
    assert wording.title("long_gone", "text") == "Unknown text message"


def test_local_template_ids_are_the_sandboxs(settings):
    assert sandbox_config.load().template_namespace == settings.NOTIFY_SANDBOX_NAMESPACE


# Filling and counting.


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        ("Hi ((name))", {"name": "Ada"}, "Hi Ada"),
        ("((First Name))", {"first_name": "Ada"}, "Ada"),
        ("((a-b))((AB))", {"A b": 1}, "11"),
        ("((a))", {"a": "((b))", "b": "x"}, "((b))"),
        ("((a))", {}, "((a))"),
        ("((a))", {"a": None}, "((a))"),
    ],
)
def test_placeholders_are_filled_as_notify_does(text, values, filled):
    assert rendering.fill(text, values) == filled


def test_placeholders_are_named_once_in_order():
    assert rendering.placeholders("((b)) ((a))", "((B)) ((c d))") == ["b", "a", "c d"]
    assert rendering.missing("((a)) ((b))", {"a": "", "b": None}) == ["b"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a – b “q” … é ñ ŵ 漢 😀\tx", 'a - b "q" ... é ñ ŵ ? ? x'),
        ("a  b \n\n\n\n c .", "a b\n\nc."),
        ("Zoë O’Neil", "Zoë O'Neil"),
        ("Łukasz Dvořák", "?ukasz Dvorák"),
        ("a\u200bb", "ab"),
    ],
)
def test_texts_are_converted_as_phones_show_them(typed, shown):
    assert rendering.fill_text_message(typed, {}) == shown


@pytest.mark.parametrize(
    ("message", "fragments"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("^" * 80, 1),
        ("^" * 81, 2),
        ("ŵ" * 70, 1),
        ("ŵ" * 71, 2),
        ("é" * 160, 1),
        ("ŵ" * 918, 14),
    ],
)
def test_fragments_are_counted_as_the_network_bills_them(message, fragments):
    assert rendering.fragments(message) == fragments


@given(st.text())
@example("0\t\xa00")
@example("a \u200b b")
@example("wait …")
def test_any_text_becomes_one_that_phones_can_show(typed):
    shown = rendering.fill_text_message(typed, {})
    assert set(shown) <= rendering.GSM | rendering.GSM_DOUBLE | rendering.WELSH
    assert "  " not in shown
    assert shown == shown.strip()


# Commands.


def test_print_templates_prints_each_with_its_setting(capsys):
    call_command("print_templates")
    printed = capsys.readouterr().out
    for each in ALL:
        assert each.body in printed
        assert re.search(rf"^Its id goes into: {each.setting}$", printed, re.MULTILINE)


def test_check_templates_is_content_with_the_sandbox(notify, capsys):
    call_command("check_templates")
    assert f"all {len(ALL)} templates" in capsys.readouterr().out


def test_check_templates_names_every_difference(notify, capsys, settings):
    theirs = notify.add_template(
        "another", "email", "Hi ((name))", subject="Another ((short_child_name))"
    )
    settings.NOTIFY_TEMPLATE_IDS = settings.NOTIFY_TEMPLATE_IDS | {
        "clinic_initial_invitation.email": theirs,
        "clinic_initial_invitation.text": theirs,
        "consent_school_request.text": "00000000-0000-4000-8000-000000000000",
    }
    with pytest.raises(CommandError, match="differences"):
        call_command("check_templates")
    said = capsys.readouterr().err
    for words in (
        "clinic_initial_invitation (email): the template has another text",
        "clinic_initial_invitation (email): the template has another subject",
        "clinic_initial_invitation (email): the template asks for ((name))",
        "clinic_initial_invitation (email): the template does not use ((vaccination))",
        "clinic_initial_invitation (text): the template is of type email, not sms",
        "consent_school_request (text): Notify has no template 00000000",
    ):
        assert words in said
    assert "consent_clinic_request" not in said


def test_check_templates_fails_when_notify_cannot_be_asked(notify, capsys, settings):
    settings.NOTIFY_BASE_URL = "http://127.0.0.1:1"
    with pytest.raises(CommandError):
        call_command("check_templates")
    assert "could not be checked" in capsys.readouterr().err
