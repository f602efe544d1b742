"""The parents' form from start to finish, by its scenarios."""

from datetime import date

import pytest

from consent.models import OnlineDraft, OnlineResponse
from tests import factories
from tests.consent.parent import ABOUT_YOU, SERVICE, ParentForm
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(organisation):
    return factories.SchoolFactory(
        name="Pilot School", team__organisation=organisation, town="Coventry"
    )


def session_of(school, *programmes, dates=(date(2027, 1, 25),)):
    return factories.SessionFactory(
        organisation=school.team.organisation,
        location=school,
        programmes=list(programmes),
        dates=dates,
    )


@pytest.fixture
def hpv(school):
    form = ParentForm(session_of(school, "hpv"))
    form.start()
    return form


def only_response():
    return OnlineResponse.objects.get()


def test_a_phone_number_comes_back_as_people_write_it(hpv):
    hpv.walk(to="contact-method", about_you=ABOUT_YOU | {"phone": "+44 7400123456"})
    hpv.open("about-you")
    assert hpv.get().values["phone"] == "07400 123456"


def test_a_date_of_birth_comes_back_day_month_year(hpv):
    """PostgreSQL keeps answers in an order of its own."""
    hpv.walk(to="confirm-school")
    hpv.open("date-of-birth")
    shown = hpv.get().values
    parts = [shown[f"date_of_birth-{part}"] for part in ("day", "month", "year")]
    assert parts == ["1", "10", "2013"]
    hpv.send({name: value for name, value in shown.items() if name.startswith("date_of_birth-")})
    assert hpv.step == "confirm-school", "what the page shows can be sent as it is"


def test_consent_14_1_consent_is_given_with_texts(hpv):
    hpv.walk(
        about_you=ABOUT_YOU | {"phone": "07400 123456", "wants_text_updates": "true"},
        contact_method={"contact_method": "other", "details": "After 6pm"},
    )
    shown = hpv.get().summary
    assert shown["HPV vaccination"] == "Consent given"
    assert shown["Child’s name"] == "Ada Smith"
    assert shown["Home address"] == "1 Mill LaneCoventryCV1 2AB"
    assert shown["School"] == "Pilot School"
    sent = hpv.confirm()
    assert sent.h1 == "Consent given"
    assert "We expect to vaccinate your child at Pilot School." in sent.text
    assert "jane@example.com" in sent.text
    response = only_response()
    assert (response.given_name, response.family_name) == ("Ada", "Smith")
    assert response.date_of_birth == date(2013, 10, 1)
    assert response.school == hpv.session.location
    assert (response.email, response.phone) == ("jane@example.com", "+447400123456")
    assert response.wants_text_updates
    assert response.contact_method_details == "After 6pm"
    decision = response.decisions.get()
    assert (decision.decision, decision.methods) == ("given", ["injection"])
    assert [answer["yes"] for answer in decision.health_answers] == [False] * 6
    assert not response.child


def test_consent_14_2_spaces_and_postcodes_are_put_right(hpv):
    hpv.walk(
        name={"given_name": "Joanna ", "family_name": " Smith", "uses_other_name": "no"},
        address={"address_line_1": "1 The Mall", "town": "London", "postcode": "sw1a 1aa"},
    )
    hpv.confirm()
    assert only_response().given_name == "Joanna"
    assert only_response().postcode == "SW1A 1AA"


def test_consent_14_3_consent_is_refused_for_medical_reasons(hpv):
    hpv.walk(
        decision={"decision": "refused"},
        reason={"reason": "medical"},
        details={"details": "Fits\nsince May"},
        follow_up={"follow_up": "yes"},
    )
    shown = hpv.get().summary
    assert shown["Reason details"] == "Fitssince May"
    assert "Home address" not in shown
    sent = hpv.confirm()
    assert sent.h1 == "Consent refused"
    assert "You asked to talk about it. We will contact you." in sent.text
    assert "Fits" not in sent.text
    decision = only_response().decisions.get()
    assert (decision.reason, decision.reason_details) == ("medical", "Fits\nsince May")
    assert decision.wants_follow_up
    assert decision.health_answers == decision.methods == []


def test_consent_14_4_two_forms_of_one_browser_both_finish(hpv):
    """Build: each has its own token, so that the older one is not lost ([R] of §15)."""
    second = ParentForm(hpv.session, client=hpv.client)
    second.start()
    hpv.walk()
    second.walk(name={"given_name": "Bo", "family_name": "Smith", "uses_other_name": "no"})
    assert hpv.confirm().h1 == second.confirm().h1 == "Consent given"
    assert set(OnlineResponse.objects.values_list("given_name", flat=True)) == {"Ada", "Bo"}


def test_consent_14_6_another_school(hpv, school):
    other = factories.SchoolFactory(name="Grace Academy", team=school.team)
    hpv.walk(to="confirm-school")
    hpv.send({"is_school": "no"})
    assert "Select the school from the list" in hpv.get().text
    assert "typing" not in hpv.get().text, "only the script’s field can be typed into"
    assert hpv.refused({"school": ""}) == {"Select your child’s school": "#id_school"}
    assert hpv.refused({"school": "999999"}) == {
        "Select your child’s school from the list": "#id_school"
    }
    hpv.send({"school": other.urn})
    assert hpv.step == "about-you"
    assert hpv.walk().summary["School"] == "Grace Academy"
    hpv.change("school")
    hpv.send({"is_school": "no"})
    assert hpv.get().values["school"] == other.urn
    hpv.send({"school": "home"})
    assert hpv.get().summary["School"] == "Home-schooled"
    hpv.confirm()
    assert (only_response().school, only_response().home_educated) == (None, True)


def test_consent_14_7_a_clinic_link_asks_where_the_child_is_taught(clinic, school):
    form = ParentForm(clinic.session)
    form.start()
    form.walk(to="education")
    error = "Select whether your child is home-schooled"
    assert form.refused({}) == {error: "#id_education"}
    form.send({"education": "school"})
    form.send({"school": school.urn})
    form.walk()
    assert "clinic" in form.confirm().text
    assert only_response().school == school


@pytest.mark.parametrize(
    ("education", "shown", "home_educated"),
    [("home", "Home-schooled", True), ("none", "Not in education", False)],
)
def test_consent_14_8_home_schooled_or_not_in_education(clinic, education, shown, home_educated):
    form = ParentForm(clinic.session)
    form.start()
    assert form.walk(education={"education": education}).summary["School"] == shown
    last = form.confirm()
    assert "Children who do not go to a school can have the vaccination at a community" in last.text
    assert "If you have not booked an appointment at a clinic yet:" in last.text
    assert (only_response().school, only_response().home_educated) == (None, home_educated)


def test_consent_14_9_a_school_whose_sessions_are_over_gets_the_deadline_page(hpv, organisation):
    over, other = (
        factories.SchoolFactory(name=name, team__organisation=organisation)
        for name in ("Grace Academy", "Ash School")
    )
    session_of(over, "hpv", dates=[date(2026, 11, 2)])
    hpv.walk(confirm_school={"is_school": "no"}, to="school")
    hpv.send({"school": over.urn})
    for step in ("about-you", "decision"):
        hpv.open(step)
        shown = hpv.get()
        assert shown.h1 == "You can no longer submit a consent response"
        assert "about the HPV vaccination at Grace Academy is over" in shown.text
        assert shown.links["choose a different school"].endswith("/school")
    hpv.open("school")
    assert hpv.get().values["school"] == over.urn
    hpv.send({"school": other.urn})
    assert hpv.step == "about-you"
    hpv.walk()
    assert hpv.confirm().h1 == "Consent given"
    assert only_response().school == other


def test_consent_14_9_who_goes_on_with_an_open_form_is_not_recorded_either(hpv, organisation):
    """Its sessions end while the check page is open."""
    over = factories.SchoolFactory(name="Grace Academy", team__organisation=organisation)
    session = session_of(over, "hpv", dates=[date(2027, 6, 1)])
    shown = hpv.walk(confirm_school={"is_school": "no"}, school={"school": over.urn})
    session.all_dates.update(value=date(2026, 11, 2))
    late = page(hpv.send({"revision": shown.values["revision"]}), service=SERVICE)
    assert late.h1 == "You can no longer submit a consent response"
    assert not OnlineResponse.objects.exists()


@pytest.mark.parametrize(
    ("begun", "confirmed", "heading"),
    [
        ("2027-01-25T23:30", "2027-01-26T01:55", "Consent given"),
        ("2027-01-25T23:30", "2027-01-26T02:00", "You can no longer submit a consent response"),
        ("2027-01-26T00:01", "2027-01-26T00:05", "You can no longer submit a consent response"),
    ],
)
def test_consent_14_9_who_began_in_time_may_finish_for_another_school(
    school, organisation, morning, begun, confirmed, heading
):
    """Its responses close as midnight strikes; those of the link's school stay open."""
    other = factories.SchoolFactory(name="Grace Academy", team__organisation=organisation)
    session_of(other, "hpv", dates=[date(2027, 1, 26)])
    form = ParentForm(session_of(school, "hpv", dates=[date(2027, 2, 1)]))
    morning.move_to(at(begun), tick=False)
    form.start()
    form.walk(to="school", confirm_school={"is_school": "no"})
    form.send({"school": other.urn})
    if heading == "Consent given":
        shown = form.walk()
        morning.move_to(at(confirmed), tick=False)
        last = page(form.send({"revision": shown.values["revision"]}), service=SERVICE)
    else:
        morning.move_to(at(confirmed), tick=False)
        last = form.get()
    assert last.h1 == heading


def test_consent_14_9_a_clinics_link_takes_children_of_such_a_school(clinic, school):
    """They are in the clinic because their school is over."""
    session_of(school, "hpv", dates=[date(2026, 11, 2)])
    form = ParentForm(clinic.session)
    form.start()
    form.walk(education={"education": "school"}, school={"school": school.urn})
    assert "This may be at a clinic." in form.confirm().text


@pytest.fixture
def flu(school):
    form = ParentForm(session_of(school, "flu"), "flu")
    form.start()
    return form


NASAL = {"decision": {"decision": "nasal"}, "narrowing": {"answer": "no"}}


def test_consent_14_10_flu_asks_two_more_questions_about_asthma(flu):
    flu.walk(**NASAL)
    flu.change("has your child been diagnosed with asthma?")
    flu.send({"answer": "yes"})
    asked = []
    while flu.step != "check":
        asked.append(flu.step)
        flu.send({"answer": "yes", "details": f"About {len(asked)}"})
    assert len(asked) == 2
    flu.confirm()
    decision = only_response().decisions.get()
    assert decision.methods == ["nasal"]
    answers = {one["question"]: one for one in decision.health_answers}
    assert answers["asthma"]["yes"]
    follow_ups = [one for one in decision.health_answers if one["follows"] == "asthma"]
    assert [one["details"] for one in follow_ups] == ["About 1", "About 2"]


ASTHMA = "Has your child been diagnosed with asthma?"
STEROIDS = "Has your child taken steroid tablets or syrup for their asthma in the last 2 weeks?"
INTENSIVE_CARE = "Has your child ever been in intensive care because of their asthma?"


def test_consent_14_11_change_answers(flu):
    flu.walk(**NASAL)
    flu.change("relationship")
    other = ABOUT_YOU | {"relationship": "other", "other_name": "Granddad"}
    error = "Select whether you have parental responsibility"
    assert flu.refused(other) == {error: "#id_has_responsibility"}
    shown = page(flu.send(other | {"has_responsibility": "no"}), service=SERVICE)
    assert shown.h1 == "You cannot give or refuse consent through this service"
    flu.at = shown.links["Back"]
    assert flu.get().values["full_name"] == "Jane Smith"
    assert flu.get().values["relationship"] == "mother"
    flu.send(other | {"has_responsibility": "yes"})
    assert flu.get().summary["Relationship"] == "Granddad"
    flu.change("relationship")
    flu.send(ABOUT_YOU | {"relationship": "father", "full_name": "Joe Smith"})
    assert flu.get().summary["Relationship"] == "Dad"
    flu.change("child’s name")
    flu.send({"given_name": "Eve", "family_name": "Smith", "uses_other_name": "no"})
    assert flu.get().summary[ASTHMA] == "No"
    assert not {STEROIDS, INTENSIVE_CARE} & set(flu.get().summary)
    flu.change("has your child been diagnosed with asthma?")
    flu.send({"answer": "yes"})
    assert flu.get().h1 == STEROIDS
    assert flu.refused({"answer": "yes"}) == {"Enter details": "#id_details"}
    flu.send({"answer": "yes", "details": "Prednisolone, 20mg, until Friday"})
    assert flu.get().h1 == INTENSIVE_CARE
    flu.send({"answer": "yes", "details": "In March, for a week"})
    assert flu.step == "check"
    shown = flu.get().summary
    assert [shown[question] for question in (ASTHMA, STEROIDS, INTENSIVE_CARE)] == [
        "Yes",
        "Yes – Prednisolone, 20mg, until Friday",
        "Yes – In March, for a week",
    ]
    sent = flu.confirm()
    assert "You gave consent for Eve Smith" in sent.text
    assert "A nurse will look at your answers" in sent.text
    assert only_response().relationship_label == "Dad"
    assert only_response().relationship_other_name == ""


@pytest.mark.parametrize(("follow_up", "shown_as"), [("yes", "Yes"), ("no", "No")])
def test_consent_14_12_change_given_to_refused_and_back(flu, follow_up, shown_as):
    flu.walk(**NASAL)
    flu.change("flu vaccination")
    flu.send({"decision": "refused"})
    flu.send({"reason": "contains_gelatine"})
    flu.send({"follow_up": follow_up})
    shown = flu.get().summary
    assert shown["Talk to our team"] == shown_as
    assert "Home address" not in shown
    assert not health_steps(flu)
    assert "address" not in OnlineDraft.objects.get().answers
    flu.change("flu vaccination")
    flu.send({"decision": "injection"})
    asked = []
    while flu.step != "check":
        assert not flu.get().values.get("answer"), (
            "what was wiped is asked as if for the first time"
        )
        asked.append(flu.step)
        flu.answer_page()
    assert asked[0] == "address"
    assert sorted(asked[1:]) == sorted(health_steps(flu))
    assert len(asked[1:]) == 5
    assert not {"reason", "follow-up"} & set(OnlineDraft.objects.get().answers)
    flu.confirm()
    assert only_response().decisions.get().methods == ["injection"]


def test_consent_14_12_back_leads_on_from_a_page_that_a_change_asks_for(flu):
    """Not to the check, which would only lead to the same page again."""
    flu.walk(**NASAL)
    flu.change("flu vaccination")
    assert flu.get().links["Back"].endswith("/check"), "nothing is missing yet"
    flu.send({"decision": "refused"})
    assert flu.step == "reason"
    flu.at = flu.get().links["Back"]
    assert flu.step == "decision"
    assert flu.get().values["decision"] == "refused"
    flu.at = flu.get().links["Back"]
    assert flu.step == "about-you"
    flu.open("reason")
    flu.send({"reason": "personal"})
    flu.walk()
    flu.change("flu vaccination")
    assert flu.get().links["Back"].endswith("/check")


@pytest.fixture
def doubles(school):
    form = ParentForm(session_of(school, "menacwy", "td_ipv"), "menacwy-td_ipv")
    form.start()
    return form


def health_steps(form):
    return [step for step in OnlineDraft.objects.get().answers if step.startswith("health")]


def test_consent_14_29_doubles_ask_six_questions_and_one_programme_five(doubles):
    doubles.walk(decision={"decision": "both"})
    assert len(health_steps(doubles)) == 6
    doubles.change("MenACWY vaccination")
    error = "Select which vaccination you agree to"
    assert doubles.refused({"decision": "one"}) == {error: "#id_chosen"}
    doubles.send({"decision": "one", "chosen": "menacwy"})
    shown = doubles.get()
    assert shown.h1 == "Why are you refusing to give consent for the Td/IPV vaccination?"
    doubles.walk()
    assert len(health_steps(doubles)) == 5
    assert doubles.get().summary["Reason for refusal of Td/IPV"] == "Personal choice"
    doubles.change("MenACWY vaccination")
    doubles.send({"decision": "both"})
    assert doubles.step.startswith("health-td-ipv")
    doubles.walk()
    assert not [key for key in doubles.get().summary if key.startswith("Reason")]
    assert len(health_steps(doubles)) == 6
    doubles.confirm()
    decisions = only_response().decisions.all()
    assert {(one.programme_id, one.decision) for one in decisions} == {
        ("menacwy", "given"),
        ("td_ipv", "given"),
    }
    assert [len(one.health_answers) for one in decisions] == [5, 5]


def test_one_of_two_is_refused(doubles):
    doubles.walk(decision={"decision": "one", "chosen": "td_ipv"})
    sent = doubles.confirm()
    assert sent.h1 == "Consent given for Td/IPV and refused for MenACWY"
    assert "to have the Td/IPV vaccination" in sent.text
    assert "You refused consent for the MenACWY vaccination" in sent.text
    decisions = {one.programme_id: one for one in only_response().decisions.all()}
    assert decisions["menacwy"].reason == "personal"
    assert decisions["td_ipv"].decision == "given"


@pytest.mark.parametrize(
    ("answer", "without_gelatine", "questions"), [("either", False, 10), ("without", True, 9)]
)
def test_mmr_with_or_without_gelatine(school, answer, without_gelatine, questions):
    form = ParentForm(session_of(school, "mmr"), "mmr")
    form.start()
    form.walk(narrowing={"answer": answer})
    form.confirm()
    decision = only_response().decisions.get()
    assert decision.without_gelatine is without_gelatine
    assert len(decision.health_answers) == questions


@pytest.mark.parametrize("programme", ["menacwy", "td_ipv"])
def test_each_of_two_programmes_has_a_form_of_its_own(school, programme):
    form = ParentForm(session_of(school, "menacwy", "td_ipv"), programme)
    form.start()
    form.walk()
    form.confirm()
    assert only_response().decisions.get().programme_id == programme


def test_nasal_spray_with_the_injection_to_fall_back_on(flu):
    flu.walk(decision={"decision": "nasal"}, narrowing={"answer": "yes"})
    flu.confirm()
    assert only_response().decisions.get().methods == ["nasal", "injection"]
