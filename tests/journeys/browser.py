"""What a person does in the browser, and what every page they see must keep to."""

import re
from functools import cache
from pathlib import Path

from playwright.sync_api import Page, expect

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDE = {"width": 1280, "height": 900}
AXE_RUN = "axe.run(document, {resultTypes: ['violations']})"
REVEALING = 'aria-controls="conditional-'
NARROW = {"width": 320, "height": 640}


@cache
def axe() -> str:
    return AXE.read_text()


class Visitor:
    """A person with a browser. `page` is Playwright's own, for everything not named here."""

    def __init__(
        self, page: Page, name: str, pictures: Path | None, *, runs_scripts: bool = True
    ) -> None:
        self.page = page
        self.runs_scripts = runs_scripts
        self.name = name
        self.pictures = pictures
        self.checks = 0
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message) -> None:
        """Keep what the browser complains of, except that a page was meant to be missing."""
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str) -> None:
        self.page.goto(path)

    def click(self, name: str) -> None:
        """Press the one link or button of that name."""
        target = self.page.get_by_role("link", name=name, exact=True).or_(
            self.page.get_by_role("button", name=name, exact=True)
        )
        target.click()

    def open_area(self, name: str) -> None:
        """Follow a link of the navigation at the top."""
        self.page.get_by_role("navigation", name="Areas").get_by_role("link", name=name).click()

    def open_tab(self, name: str) -> None:
        """Open a tab of the page, whatever number it carries."""
        starts = re.compile(rf"^\s*{re.escape(name)}")
        self.page.get_by_role("main").get_by_role("link", name=starts).click()

    def unfold(self, title: str) -> None:
        """Open what is folded under a title."""
        self.page.locator("summary", has_text=title).click()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def fill_date(self, legend: str, day: int, month: int, year: int, *, nth: int = 0) -> None:
        group = self.page.get_by_role("group", name=legend, exact=True).nth(nth)
        for label, value in (("Day", day), ("Month", month), ("Year", year)):
            group.get_by_label(label, exact=True).fill(str(value))

    def choose(self, label: str) -> None:
        """Tick a radio or a checkbox."""
        self.page.get_by_label(label, exact=True).check()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_role("main")).to_contain_text(text)

    def sees_heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(
            re.compile(rf"^\s*{re.escape(text)}\s*$")
        )

    def follow_error(self, message: str) -> None:
        """Follow the error summary's link and stand in the field to mend."""
        summary = self.page.locator(".govuk-error-summary")
        if self.runs_scripts:
            # Before its script has started, the link only scrolls.
            expect(summary).to_have_attribute("data-govuk-error-summary-init", "")
        summary.get_by_role("link", name=message).click()
        focused = self.page.locator("input:focus, select:focus, textarea:focus")
        expect(focused).to_have_count(1)

    def sign_in(self, email: str, password: str) -> None:
        self.go("/sign-in/")
        self.fill("Email address", email)
        self.fill("Password", password)
        self.click("Sign in")
        self.sees_heading("Manage vaccinations in schools (Mavis)")

    def check_page(self, *, axe_at=(WIDE, NARROW)) -> None:
        """Accessible and without sideways scrolling, wide and narrow; with pictures if asked.

        Axe is a script: where pages run none, only the scrolling is looked at.
        """
        self.checks += 1
        expect(self.page.get_by_role("main")).to_be_visible()
        self.page.wait_for_load_state()
        for size in (WIDE, NARROW):
            self.page.set_viewport_size(size)
            if self.pictures:
                self.pictures.mkdir(parents=True, exist_ok=True)
                file = f"{self.name}-{self.checks:02d}-{size['width']}.png"
                self.page.screenshot(path=self.pictures / file, full_page=True)
            self._no_sideways_scrolling(size["width"])
            if self.runs_scripts and size in axe_at:
                self._accessible(size["width"])
        assert not self.complaints, f"{self.page.url}: {self.complaints}"
        self.page.set_viewport_size(WIDE)

    def check_errors(self) -> None:
        """Where a page shows errors they are in focus, and each leads to a field of the page."""
        summary = self.page.locator(".govuk-error-summary")
        if not summary.count():
            return
        expect(summary).to_be_focused()
        for link in summary.get_by_role("link").all():
            target = self.page.locator(link.get_attribute("href") or "")
            assert target.evaluate("element => element.matches('input, select, textarea')")

    def _no_sideways_scrolling(self, width: int) -> None:
        size = self.page.evaluate("document.documentElement.scrollWidth")
        assert size <= width, f"{self.page.url} is {size} wide at {width}"

    def _accessible(self, width: int) -> None:
        """Axe finds nothing, but what GOV.UK's answers that reveal a question say on purpose."""
        self.page.evaluate(axe())
        found = self.page.evaluate(AXE_RUN)["violations"]
        problems = [
            (one["id"], node["html"])
            for one in found
            for node in one["nodes"]
            if not (one["id"] == "aria-allowed-attr" and REVEALING in node["html"])
        ]
        assert not problems, f"{self.page.url} at {width}: {problems}"
