"""A parent with a browser, filling in the form behind a link."""

from django.test import Client
from django.urls import reverse

from consent import online_walk
from tests.pages import page

SERVICE = "Give or refuse consent for vaccinations"
ABOUT_YOU = {
    "full_name": "Jane Smith",
    "relationship": "mother",
    "email": "Jane@Example.com",
    "phone": "",
}
ANSWERS = {
    "name": {"given_name": "Ada", "family_name": "Smith", "uses_other_name": "no"},
    "date-of-birth": {
        "date_of_birth-day": "1",
        "date_of_birth-month": "10",
        "date_of_birth-year": "2013",
    },
    "confirm-school": {"is_school": "yes"},
    "education": {"education": "none"},
    "about-you": ABOUT_YOU,
    "contact-method": {"contact_method": "any"},
    "decision": {"decision": "given"},
    "address": {"address_line_1": "1 Mill Lane", "town": "Coventry", "postcode": "cv12ab"},
    "reason": {"reason": "personal"},
    "details": {"details": "We asked our doctor"},
    "follow-up": {"follow_up": "no"},
}


class ParentForm:
    """One browser and one link. Pages are asked for and sent as the browser would."""

    def __init__(self, session, programmes="hpv", client=None):
        self.session = session
        self.programmes = programmes
        self.client = client or Client()
        self.at = None

    def address(self, name="start", **parts):
        names = {"slug": self.session.slug, "programmes": self.programmes, **parts}
        return reverse(f"parents:{name}", kwargs=names)

    def start(self):
        """Select "Start now"."""
        return self.follow(self.client.post(self.address()))

    @property
    def draft_id(self):
        return self.at.split("/")[4]

    @property
    def step(self):
        """The page the browser stands on, by its name in the address."""
        return self.at.split("?")[0].rsplit("/", 1)[-1]

    def follow(self, response):
        """The page that an answer's redirects lead to."""
        while response.status_code == 302:
            self.at = response.url
            response = self.client.get(self.at)
        return response

    def open(self, step):
        """Type the address of a page of the form."""
        self.at = self.address("answer", draft_id=self.draft_id, step=step)
        return self.follow(self.client.get(self.at))

    def get(self):
        """The present page."""
        return page(self.client.get(self.at), service=SERVICE)

    def send(self, data):
        """Fill in the present page and select its button."""
        return self.follow(self.client.post(self.at, data))

    def refused(self, data):
        """Send the present page, which comes back: its errors."""
        return page(self.client.post(self.at, data), service=SERVICE).errors

    def walk(self, to="check", **answers):
        """Answer page after page until `to`: as `answers` say by page, else as usual."""
        for _ in range(40):
            if self.step == to:
                return self.get()
            self.answer_page(**answers)
        raise AssertionError(f"never came to {to}: stands at {self.step}")

    def answer_page(self, **answers):
        """Answer the present page. A health question is answered with No."""
        given = {name.replace("_", "-"): data for name, data in answers.items()}
        default = {"answer": "no"} if self.step.startswith(online_walk.HEALTH) else None
        self.send(given.get(self.step) or ANSWERS.get(self.step) or default)

    def change(self, link):
        """Follow a Change link of the check page, by the words read to people who cannot see."""
        links = self.get().links
        self.at = next(links[words] for words in links if words.startswith(f"Change {link}"))

    def confirm(self):
        """Select "Confirm" on the check page; the page that comes then."""
        data = {"revision": self.get().values["revision"]}
        return page(self.send(data), service=SERVICE)
