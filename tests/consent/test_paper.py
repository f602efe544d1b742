"""The paper form asks what is asked online, and can be read aloud. Source: consent §2.5."""

import io
from itertools import product

import pytest
from django.urls import reverse
from pypdf import PdfReader

from consent import questions, reasons
from consent.decisions import OPTIONS, Agreement
from consent.paper.content import form_for, fullest_agreement, health_questions
from programmes.models import OrganisationProgramme, Programme
from sessions_app.models import Session
from tests.pages import page
from tests.sessions_app.conftest import at

TODAY = at("2027-01-12T10:00").date()
FORMS = [("hpv",), ("flu",), ("mmr",), ("menacwy",), ("td_ipv",), ("menacwy", "td_ipv")]


def agreements(programme):
    """Everything that a parent may agree to online."""
    options = OPTIONS[programme]
    for choice in options.choices:
        further = options.narrowings.get(choice.key)
        yield from (one.agreement for one in further.choices) if further else [choice.agreement]


def asked_online(programmes):
    """The words of every question that some way to agree, and some answer, leads to."""
    found = set()
    for given in product(*(agreements(key) for key in programmes)):
        main = questions.questionnaire(dict(zip(programmes, given, strict=True)))
        every_yes = {one.key: {"yes": True} for one in main}
        found |= {one.question.text for one in questions.with_follow_ups(main, every_yes)}
    return found


def asked_on_paper(programmes):
    main = health_questions(programmes)
    return {one.text for one in main} | {two.text for one in main for two in one.follow_ups}


@pytest.mark.parametrize("programmes", FORMS, ids="-".join)
def test_paper_asks_the_questions_that_are_asked_online(programmes):
    assert asked_on_paper(programmes) == asked_online(programmes)


def test_paper_asks_whatever_any_choice_of_vaccine_asks():
    assert fullest_agreement("flu") == Agreement(("nasal", "injection"))
    assert fullest_agreement("mmr") == Agreement(("injection",))


@pytest.mark.django_db
@pytest.mark.parametrize("programmes", FORMS, ids="-".join)
def test_paper_asks_for_the_details_of_a_refusal_that_are_asked_online(clinic, programmes):
    session = Session.objects.with_days().get(pk=clinic.session.pk)
    form = form_for(session, list(Programme.objects.filter(key__in=programmes)), today=TODAY)
    online = reasons.rule_of("already_vaccinated", programme=programmes[0]).parent_text
    assert [line for line in form.reasons if line.endswith(online)]
    assert ("both doses" in " ".join(form.reasons)) == (programmes == ("mmr",))


@pytest.fixture
def download(organisation, clinic, nurse_client):
    def get(form, client=nurse_client):
        for key in form.split("-"):
            OrganisationProgramme.objects.get_or_create(organisation=organisation, programme_id=key)
            clinic.session.programmes.add(key)
        parts = {"slug": clinic.session.slug, "programmes": form}
        return client.get(reverse("consent:paper-form", kwargs=parts))

    return get


def words(text):
    return "".join(text.replace("\u2019", "'").replace("-\n", "-").split())


@pytest.mark.django_db
@pytest.mark.parametrize("programmes", FORMS[:3] + FORMS[5:], ids="-".join)
def test_consent_14_17_the_form_downloads_with_every_question(download, programmes):
    response = download("-".join(programmes))
    assert response["Content-Type"] == "application/pdf"
    assert "attachment" in response["Content-Disposition"]
    read = PdfReader(io.BytesIO(response.content))
    text = words("".join(one.extract_text() for one in read.pages))
    for question in asked_online(programmes):
        assert words(question) in text
    for key in programmes:
        for choice in OPTIONS[key].choices:
            assert words(choice.parent_label) in text


@pytest.mark.django_db
@pytest.mark.parametrize("programmes", FORMS, ids="-".join)
def test_who_signs_finds_the_date_and_where_the_form_goes_on_the_same_page(download, programmes):
    read = PdfReader(io.BytesIO(download("-".join(programmes)).content))
    last = words(read.pages[-1].extract_text())
    for text in ("Your signature", "Date", "Return this form", "a scan of every page by email"):
        assert words(text) in last


@pytest.mark.django_db
def test_it_has_a_title_a_language_and_tags(download):
    read = PdfReader(io.BytesIO(download("hpv").content))
    assert read.metadata.title == "Consent form for the HPV vaccination"
    root = read.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root


@pytest.mark.django_db
def test_words_of_the_team_are_no_markup(download, clinic):
    team = clinic.session.location.team
    team.name = 'Team #clinic *x* $y$ "z" \\ <w>'
    team.save()
    text = "".join(
        one.extract_text() for one in PdfReader(io.BytesIO(download("hpv").content)).pages
    )
    assert words(team.name)[:12] in words(text)
    assert "#clinic *x* $y$" in text


@pytest.mark.django_db
def test_the_sessions_page_offers_it_while_the_session_is_open(clinic, download, nurse_client):
    show = reverse("sessions:show", kwargs={"slug": clinic.session.slug})
    link = "Download consent form (PDF)"
    assert page(nurse_client.get(show)).links[link].endswith("/paper-form/hpv.pdf")
    clinic.session.closed_at = at("2027-01-12T10:00")
    clinic.session.save()
    assert link not in page(nurse_client.get(show)).links
    assert download("hpv").status_code == 404


@pytest.mark.django_db
def test_only_forms_of_the_session_and_of_ones_own_organisation(
    download, clinic, nurse_client, client_elsewhere
):
    assert download("hpv", client_elsewhere).status_code == 404
    for form in ("flu", "hpv-flu", "nonsense"):
        parts = {"slug": clinic.session.slug, "programmes": form}
        assert nurse_client.get(reverse("consent:paper-form", kwargs=parts)).status_code == 404
