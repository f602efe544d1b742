"""A nurse with "Get consent response" open."""

from django.urls import reverse

from consent.decisions import Agreement
from consent.questions import questionnaire
from sessions_app.models import ProgrammeStatus
from tests.pages import page

HEALTH = {asked.key: "no" for asked in questionnaire({"hpv": Agreement()})}
JANE = {
    "full_name": "Jane Smith",
    "kind": "mother",
    "email": " Jane@Example.com",
    "phone": "07987 654321",
}


def on_paper(day):
    """The answer of the page "How was the response given?" for a form of that day."""
    parts = {f"signed_on-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}
    return {"route": "paper", **parts}


def names(clinic, child):
    return {"slug": clinic.session.slug, "public_id": child.public_id}


def opened(client, address):
    """What the page of triage holds unseen, once it is opened."""
    values = page(client.get(address)).values
    return {name: values[name] for name in ("token", "basis")}


class Wizard:
    """A nurse with the journey open: each answer follows the redirect to the next page."""

    def __init__(self, client, clinic, child, programme="hpv"):
        self.client = client
        self.programme = programme
        start = reverse(
            "consent:start-response", kwargs=names(clinic, child) | {"programme": programme}
        )
        self.shown = self.follow(client.post(start))

    @classmethod
    def of(cls, client, response):
        """A journey that began otherwise, from the redirect that leads into it."""
        wizard = cls.__new__(cls)
        wizard.client, wizard.programme = client, "hpv"
        wizard.shown = wizard.follow(response)
        return wizard

    def follow(self, response):
        while response.status_code == 302:
            self.address = response["Location"]
            response = self.client.get(self.address)
        # The question whether a parent agrees names both, and so does the page of the child.
        is_neutral = "responses" in self.address and not self.address.endswith("/decision/")
        return page(response, names_person=not is_neutral)

    def answer(self, **data):
        hidden = {
            name: value for name, value in self.shown.values.items() if name in ("seen", "basis")
        }
        response = self.client.post(self.address, hidden | data)
        self.shown = self.follow(response)
        return self

    def choose(self, parent_id):
        """A known contact, whose details are right as they stand."""
        self.answer(contact=parent_id)
        shown = {name: self.shown.values.get(name, "") for name in ("email", "phone", "texts")}
        return self.answer(**shown)

    def open(self, step):
        self.address = self.address.rsplit("/", 2)[0] + f"/{step}/"
        self.shown = self.follow(self.client.get(self.address))
        return self

    @property
    def step(self):
        return self.address.rstrip("/").rsplit("/", 1)[1]


def given(wizard, mum):
    """Everything answered with a yes; the check page is open."""
    return wizard.choose(mum.pk).answer(route="phone").answer(decision="given").answer(**HEALTH)


def status(child):
    return ProgrammeStatus.objects.get(child=child, programme_id="hpv", academic_year=2026)
