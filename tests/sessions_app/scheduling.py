"""A walk through the pages that schedule a session, for tests."""

from datetime import date

from sessions_app.models import SessionDate
from tests.pages import page

ADD, CHANGE = "Add session dates", "Change session dates"
D10, D11, D12 = date(2024, 3, 10), date(2024, 3, 11), date(2024, 3, 12)


def live_dates(session):
    return list(SessionDate.objects.live().filter(session=session).values_list("value", flat=True))


class Walk:
    """One person's way through the pages of a draft."""

    def __init__(self, client, session):
        self.client = client
        self.at(f"/sessions/{session.slug}/")

    def at(self, address):
        self.address = address
        self.response = self.client.get(address, follow=True)
        if self.response.redirect_chain:
            self.address = self.response.redirect_chain[-1][0]
        self.page = page(self.response)
        return self

    def follow(self, words):
        return self.at(
            next(href for text, href in self.page.links.items() if text.startswith(words))
        )

    def send(self, **data):
        self.response = self.client.post(self.address, data, follow=True)
        if self.response.redirect_chain:
            self.address = self.response.redirect_chain[-1][0]
        self.page = page(self.response)
        return self

    def dates(self, *days, **button):
        """Fill the date rows as they stand on the page; blank for None, as typed for text."""
        data = {
            name: value for name, value in self.page.values.items() if name.startswith("dates-")
        }
        for row, day in enumerate(days):
            parts = ["", "", ""] if day is None else day
            if isinstance(day, date):
                parts = [day.day, day.month, day.year]
            for part, value in zip(("day", "month", "year"), parts, strict=True):
                data[f"dates-{row}-value-{part}"] = str(value)
        return self.send(**data, **button)

    def add(self, *days):
        return self.dates(*days, **{"dates-add": "yes"})

    def delete(self, row, *days):
        return self.dates(*days, **{"dates-delete": str(row)})

    def answer(self, name, value):
        if isinstance(value, date):
            return self.send(
                **{
                    f"{name}-day": value.day,
                    f"{name}-month": value.month,
                    f"{name}-year": value.year,
                }
            )
        return self.send(**{name: value})

    @property
    def rows(self):
        """The dates on the page, as typed."""
        values = self.page.values
        total = int(values["dates-TOTAL_FORMS"])
        return [
            "/".join(values[f"dates-{row}-value-{part}"] for part in ("day", "month", "year"))
            for row in range(total)
        ]
