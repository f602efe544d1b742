"""The control API under `/_sandbox/`: for tests, and for a person who tries things out.

Source: Notify §14.3. A wrong call is answered 400 with one sentence in `error`.
"""

import dataclasses
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from notifications.sandbox import answers, inbox
from notifications.sandbox.checks import canonical
from notifications.sandbox.clock import iso, retention_cutoff, to_micros
from notifications.sandbox.config import Service, change_service
from notifications.sandbox.sandbox import TIMES, Sandbox
from notifications.sandbox.templates import Template, template_id

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def routes(self) -> list[web.RouteDef]:
        handlers: list[tuple[str, str, Handler]] = [
            ("GET", "messages.json", self.messages),
            ("GET", "attempts.json", self.attempts),
            ("GET", "invariants.json", self.invariants),
            ("GET", "faults", self.list_faults),
            ("POST", "faults", self.add_fault),
            ("DELETE", "faults", self.remove_faults),
            ("DELETE", r"faults/{id:\d+}", self.remove_faults),
            ("POST", "messages/{id}/receipt", self.post_receipt),
            ("POST", "received", self.receive_text),
            ("POST", "templates", self.add_template),
            ("GET", "clock", self.show_clock),
            ("POST", "clock", self.move_clock),
            ("POST", "service", self.change_service),
            ("POST", "expire", self.expire),
            ("POST", "reset", self.reset),
        ]
        return [
            web.route(method, f"/_sandbox/{path}", _explained(handle))
            for method, path, handle in handlers
        ]

    async def messages(self, request: web.Request) -> web.Response:
        """The inbox as data: `page`, the inbox's filters, and `since` as an ISO instant."""
        since = _instant(request.query["since"]) if "since" in request.query else None
        number = int(request.query.get("page", "1"))
        filters = inbox.Filters.from_query(request.query)
        page = await self.sandbox.store.read(
            lambda connection: inbox.page_of_messages(
                connection, filters, number=number, size=inbox.DATA_PAGE_SIZE, since=since
            )
        )
        return web.json_response(
            {
                "messages": [inbox.as_data(row) for row in page.messages],
                "total": page.total,
                "page": page.number,
                "pages": page.last,
            }
        )

    async def attempts(self, request: web.Request) -> web.Response:
        """Every call of the API in order; `after` is the last `seq` that was read."""
        after = int(request.query.get("after", "0"))
        found = await self.sandbox.store.read(
            lambda connection: inbox.attempts(connection, after=after)
        )
        return web.json_response({"attempts": found})

    async def invariants(self, request: web.Request) -> web.Response:
        return web.json_response(await self.sandbox.store.read(inbox.invariants))

    # Faults

    async def list_faults(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": [rule.as_json() for rule in self.sandbox.faults.all()]})

    async def add_fault(self, request: web.Request) -> web.Response:
        rule = self.sandbox.faults.add(await _document(request))
        return web.json_response(rule.as_json(), status=201)

    async def remove_faults(self, request: web.Request) -> web.Response:
        rule_id = request.match_info.get("id")
        removed = self.sandbox.faults.remove(int(rule_id) if rule_id else None)
        return web.json_response({"removed": removed})

    # Receipts and received texts

    async def post_receipt(self, request: web.Request) -> web.Response:
        """A receipt made by hand, posted at once.

        The message as it is, with the fields of `body` put over it; `token` instead of the right
        one. The stored message does not change.
        """
        document = await _document(request)
        row = self.sandbox.store.message(request.match_info["id"])
        if not row:
            return _refused("No message has this id", status=404)
        await self.sandbox.poster.post(
            row["id"],
            {
                "service_id": row["service_id"],
                "body": {**answers.receipt(row), **document.get("body", {})},
                **({"token": document["token"]} if "token" in document else {}),
            },
        )
        posted = await self.sandbox.store.read(
            lambda connection: inbox.receipt_attempts(connection, row["id"])
        )
        return web.json_response(posted[-1] if posted else {"outcome": "no callback is set"})

    async def receive_text(self, request: web.Request) -> web.Response:
        """A text from a phone to the service: `source_number`, `message`."""
        document = await _document(request)
        service = self._service(document)
        now = self.sandbox.now()
        row = {
            "id": str(uuid.uuid4()),
            "service_id": service.id,
            "source_number": str(document["source_number"]),
            "destination_number": str(document.get("destination_number", "07700900499")),
            "content": str(document["message"]),
            "created_at": now,
        }
        self.sandbox.store.add_received(row)
        body = {
            "id": row["id"],
            "source_number": row["source_number"],
            "destination_number": row["destination_number"],
            "message": row["content"],
            "date_received": iso(now),
        }
        detail = {"service_id": service.id, "kind": "received", "body": body}
        self.sandbox.lifecycle.plan(now, "receipt", None, detail)
        await self.sandbox.store.committed()
        return web.json_response(body, status=201)

    # Templates

    async def add_template(self, request: web.Request) -> web.Response:
        """A template for tests: `name`, `channel`, `body`, `subject`, `archived`, `service_id`.

        Without an `id` it gets the one that a file of this name would have. The same id again is
        the next version if anything differs.
        """
        document = await _document(request)
        channel = document["channel"]
        if channel not in ("email", "sms"):
            raise ValueError("channel is email or sms")
        stem = f"{document['name']}.{'text' if channel == 'sms' else 'email'}"
        namespace = self.sandbox.config.template_namespace
        saved = self.sandbox.templates.save(
            Template(
                id=canonical(str(document.get("id") or template_id(namespace, stem))),
                service_id=self._service(document).id,
                channel=channel,
                name=document["name"],
                subject=document.get("subject", ""),
                body=document["body"],
                archived=bool(document.get("archived", False)),
            ),
            self.sandbox.now(),
        )
        await self.sandbox.store.committed()
        return web.json_response(answers.template(saved), status=201)

    # Clock, service, cleaning

    async def show_clock(self, request: web.Request) -> web.Response:
        clock = self.sandbox.clock
        return web.json_response(
            {
                "now": iso(clock.micros()),
                "offset_s": round(clock.offset_s, 3),
                "speed": clock.speed,
                "time_scale": self.sandbox.config.time_scale,
            }
        )

    async def move_clock(self, request: web.Request) -> web.Response:
        """`offset_s` from real time, `speed`, `time_scale`; what falls due by it happens now."""
        document = await _document(request)
        speed, offset = document.get("speed"), document.get("offset_s")
        self.sandbox.clock.set(
            offset_s=None if offset is None else float(offset),
            speed=None if speed is None else _positive(speed, "speed"),
        )
        if "time_scale" in document:
            self.sandbox.config.time_scale = _positive(document["time_scale"], "time_scale")
        self.sandbox.lifecycle.wake()
        return await self.show_clock(request)

    async def change_service(self, request: web.Request) -> web.Response:
        """Change a service (`service_id`, or the first), or the waiting times of all."""
        document = await _document(request)
        service = self._service(document)
        changes = {name: value for name, value in document.items() if name != "service_id"}
        for name in TIMES:
            if name in changes:
                setattr(self.sandbox.config, name, _positive(changes.pop(name), name))
        changed = change_service(service, changes)
        self.sandbox.services[service.id] = changed
        return web.json_response(dataclasses.asdict(changed))

    async def expire(self, request: web.Request) -> web.Response:
        """Drop what is past retention on the sandbox's clock."""
        now = self.sandbox.now()
        expired = sum(
            self.sandbox.store.expire(service.id, retention_cutoff(now, service.retention_days))
            for service in self.sandbox.services.values()
        )
        await self.sandbox.store.committed()
        return web.json_response({"expired": expired})

    async def reset(self, request: web.Request) -> web.Response:
        self.sandbox.reset()
        await self.sandbox.store.committed()
        return web.json_response({"reset": True})

    def _service(self, document: Any) -> Service:
        services = self.sandbox.services
        wanted = document.get("service_id")
        if wanted is None:
            return next(iter(services.values()))
        if wanted not in services:
            raise ValueError(f"No service has the id {wanted}")
        return services[wanted]


async def _document(request: web.Request) -> dict[str, Any]:
    document = json.loads(await request.read() or b"{}")
    if not isinstance(document, dict):
        raise ValueError("The body is not a JSON object")
    return document


def _explained(handle: Handler) -> Handler:
    """Answer what a handler cannot use with a sentence."""

    async def explained(request: web.Request) -> web.StreamResponse:
        try:
            return await handle(request)
        except KeyError as error:
            return _refused(f"{error.args[0]} is missing")
        except (ValueError, TypeError) as error:
            return _refused(str(error))

    return explained


def _refused(sentence: str, *, status: int = 400) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


def _positive(value: Any, name: str) -> float:
    number = float(value)
    if number <= 0:
        raise ValueError(f"{name} is a number above 0")
    return number


def _instant(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
