"""No page of the parents' form breaks on what lessons §3 lists, whatever field it stands in."""

from datetime import date

import pytest

from consent import online_walk
from consent.models import OnlineResponse
from tests import factories
from tests.consent.parent import ANSWERS, ParentForm

pytestmark = pytest.mark.django_db

BAD = [
    "",
    "   ",
    "\x00",
    "\u202e<script>alert(1)</script>",
    "x" * 200_000,
    "😀" * 400,
    "e" + "\u0301" * 500,
    "' OR 1=1; --",
    "%",
    "٣",
    "-1",
    "{{ 7 * 7 }}",
    "true",
    "yes\r\nno",
]


def fields(shown):
    """The names of all that can be filled in."""
    found = [*shown.all("input"), *shown.all("textarea"), *shown.all("select")]
    return {field.get("name") for field in found} - {"csrfmiddlewaretoken", None}


def try_bad_input(form, answers):
    """Send each bad text in all fields of the present page, and beside sound answers."""
    address, names = form.at, fields(form.get())
    for bad in BAD:
        for sound in ({}, answers):
            typed = sound | dict.fromkeys(names - set(sound), bad)
            response = form.client.post(address, typed)
            assert response.status_code in (200, 302), (address, bad[:20])
            assert b"<script>alert" not in response.content
            assert response.status_code == 302 or b"There is a problem" in response.content


@pytest.mark.parametrize(
    ("programmes", "decision", "tried"),
    [
        ("flu", "nasal", ()),
        ("mmr", "refused", ("reason", "details", "follow-up")),
    ],
)
def test_bad_input_gets_a_sentence_or_is_kept_as_harmless_text(
    organisation, programmes, decision, tried
):
    session = factories.SessionFactory(
        organisation=organisation, programmes=[programmes], dates=[date(2027, 1, 25)]
    )
    form = ParentForm(session, programmes)
    form.start()
    answers = ANSWERS | {
        "confirm-school": {"is_school": "no"},
        "school": {"school": "home"},
        "about-you": ANSWERS["about-you"] | {"phone": "07400 123456"},
        "decision": {"decision": decision},
        "narrowing": {"answer": "yes"},
        "reason": {"reason": "other"},
    }
    health = {"answer": "yes", "details": "So"}
    pages = 0
    while form.step != "check":
        address, answer = form.at, answers.get(form.step) or health
        is_like_the_last = form.step.startswith(online_walk.HEALTH) and pages > 12
        if form.step in tried if tried else not is_like_the_last:
            try_bad_input(form, answer)
        form.send(answer)
        assert form.at != address
        pages += 1
    assert "<script>" not in form.client.get(form.at).content.decode().split("<main", 1)[1]
    form.confirm()
    assert OnlineResponse.objects.get().given_name == "Ada"


def test_text_with_markup_is_shown_as_it_was_typed(organisation):
    session = factories.SessionFactory(organisation=organisation, dates=[date(2027, 1, 25)])
    form = ParentForm(session)
    form.start()
    typed = "<b>Nuts</b> & \u202emilk\nand eggs"
    shown = form.walk(
        **{online_walk.health_step("severe_allergies"): {"answer": "yes", "details": typed}}
    )
    assert "Yes – <b>Nuts</b> & milkand eggs" in shown.summary.values()
    form.confirm()
    [answer] = [
        one for one in OnlineResponse.objects.get().decisions.get().health_answers if one["yes"]
    ]
    assert answer["details"] == "<b>Nuts</b> & milk\nand eggs"
