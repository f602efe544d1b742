"""The inbox in a browser: every message as its recipient would see it. Source: Notify §14.3."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
import phonenumbers
from aiohttp import web
from markupsafe import Markup

from notifications.sandbox import emails, inbox, texts
from notifications.sandbox.clock import LONDON, from_micros
from notifications.sandbox.sandbox import Sandbox

HTML = Path(__file__).with_name("html")
STYLES = HTML / "style.css"
PAGES_BESIDE = 2
# Nothing but the page's own styles: a message is shown, never run.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
CHANNEL_NAMES = {"email": "Email", "sms": "Text message"}
BRITAIN = 44
KEY_NAMES = {"normal": "Live", "team": "Team", "test": "Test"}


class Pages:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HTML),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._templates.filters.update(
            when=_when,
            recipient=_recipient,
            status_name=_status_name,
            channel_name=CHANNEL_NAMES.__getitem__,
            key_name=KEY_NAMES.__getitem__,
        )

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.to_inbox),
            web.get("/_sandbox", self.to_inbox),
            web.get("/_sandbox/", self.inbox),
            web.get("/_sandbox/messages/{id}", self.message),
            web.get("/_sandbox/style.css", self.styles),
        ]

    async def to_inbox(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("/_sandbox/")

    async def styles(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STYLES)

    async def inbox(self, request: web.Request) -> web.Response:
        filters = inbox.Filters.from_query(request.query)
        number = request.query.get("page", "1")
        page = await self.sandbox.store.read(
            lambda connection: inbox.page_of_messages(
                connection, filters, number=int(number) if number.isdecimal() else 1
            )
        )
        return self._page(
            "inbox.html",
            page=page,
            filters=filters,
            is_filtered=filters != inbox.Filters(),
            statuses=inbox.STATUSES,
            channels=CHANNEL_NAMES,
            template_names=self.sandbox.templates.names(),
            live_templates=[
                template
                for service_id in self.sandbox.services
                for template in self.sandbox.templates.live(service_id)
            ],
            page_links=_page_links(page, filters),
        )

    async def message(self, request: web.Request) -> web.Response:
        message_id = request.match_info["id"]
        found = await self.sandbox.store.read(
            lambda connection: inbox.message(connection, message_id)
        )
        if not found:
            return self._page("missing.html", status=404)
        attempts, twins = await self.sandbox.store.read(
            lambda connection: (
                inbox.receipt_attempts(connection, message_id),
                inbox.twins(connection, found),
            )
        )
        is_email = found["channel"] == "email"
        return self._page(
            "message.html",
            message=inbox.as_data(found),
            service_name=self._service_name(found["service_id"]),
            created_at=found["created_at"],
            template_name=self.sandbox.templates.names().get(
                found["template_id"], "a template that is gone"
            ),
            html=Markup(emails.to_html(found["body"])) if is_email else None,  # noqa: S704
            text_html=None if is_email else Markup(_with_links(found["sent_text"])),  # noqa: S704
            losses=[] if is_email else _losses(found, self.sandbox),
            links=emails.links_in(found["sent_text"]),
            attempts=attempts,
            twins=twins,
        )

    def _service_name(self, service_id: str) -> str:
        service = self.sandbox.services.get(service_id)
        return service.name if service else "A service that is gone"

    def _page(self, name: str, *, status: int = 200, **context: Any) -> web.Response:
        return web.Response(
            status=status,
            text=self._templates.get_template(name).render(**context),
            content_type="text/html",
            headers={"Content-Security-Policy": CONTENT_POLICY},
        )


def _recipient(address: str) -> str:
    """A British number as people write it, 07700 900123; anything else as it is."""
    try:
        number = phonenumbers.parse(address, "GB") if "@" not in address else None
    except phonenumbers.NumberParseException:
        number = None
    if number is None or number.country_code != BRITAIN:
        return address
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def _when(micros: int) -> str:
    """5 January 2025 at 3:45pm, in London."""
    moment = from_micros(micros).astimezone(LONDON)
    clock = f"{moment:%I:%M}".lstrip("0") + f"{moment:%p}".lower()
    return f"{moment.day} {moment:%B %Y} at {clock}"


def _status_name(status: str) -> str:
    return status.replace("-", " ").capitalize()


def _with_links(text: str) -> str:
    """A text message as a phone shows it: addresses are links, everything else is text."""
    parts, position = [], 0
    for match in emails.BARE_LINK.finditer(text):
        link = Markup.escape(match.group())
        parts += [Markup.escape(text[position : match.start()]), f'<a href="{link}">{link}</a>']
        position = match.end()
    return "".join([*parts, Markup.escape(text[position:])])


def _losses(found: dict[str, Any], sandbox: Sandbox) -> list[tuple[str, str]]:
    """What the phone cannot show of what was asked for."""

    values = json.loads(found["raw_request"]).get("personalisation", {})
    template = sandbox.templates.version(
        found["service_id"], found["template_id"], found["template_version"]
    )
    return texts.losses((template.body if template else "") + " ".join(map(str, values.values())))


def _page_links(page: inbox.Page, filters: inbox.Filters) -> dict[str, Any]:
    """Addresses of the pages around this one, with the filters kept."""
    kept = {name: value for name, value in vars(filters).items() if value}

    def address(number: int) -> str:
        return "/_sandbox/?" + urlencode({**kept, "page": number})

    first = max(1, page.number - PAGES_BESIDE)
    around = range(first, min(page.last, page.number + PAGES_BESIDE) + 1)
    return {
        "newer": address(page.number - 1) if page.number > 1 else None,
        "older": address(page.number + 1) if page.number < page.last else None,
        "numbers": [(number, address(number)) for number in sorted({1, *around, page.last})],
    }
