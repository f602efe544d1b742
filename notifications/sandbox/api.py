"""The endpoints of `/v2`. Source: Notify §2–§5 and §9."""

import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from notifications.sandbox import acceptance, answers, checks
from notifications.sandbox.auth import authenticate
from notifications.sandbox.checks import SendRequest
from notifications.sandbox.clock import from_micros, retention_cutoff, utc_day
from notifications.sandbox.config import ApiKey, Service
from notifications.sandbox.errors import Refusal, not_found, server_error
from notifications.sandbox.faults import Call
from notifications.sandbox.performing import Reply, perform, reset_connection
from notifications.sandbox.recipients import is_smoke_test
from notifications.sandbox.sandbox import Abandoned, Caller, Sandbox

logger = logging.getLogger(__name__)


@dataclass
class Visit:
    """One call in progress: what the log of calls will say about it."""

    request: web.Request
    endpoint: str
    attempt: int
    key_type: str | None = None
    reference: str | None = None
    fault: str | None = None
    message_id: str | None = None
    service: Service | None = None
    key: ApiKey | None = None

    @property
    def caller(self) -> Caller:
        assert self.service and self.key
        return Caller(self.service, self.key)


Work = Callable[["Api", Visit], Awaitable[Reply]]


class Api:
    """Handlers of the contract's endpoints, all logged and all authenticated."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v2/notifications/email", self._serving("email", Api.send)),
            web.post("/v2/notifications/sms", self._serving("sms", Api.send)),
            web.get("/v2/notifications", self._serving("list", Api.look_up_many)),
            web.get("/v2/notifications/{id}", self._serving("get", Api.look_up_one)),
            web.get("/v2/received-text-messages", self._serving("received", Api.received_texts)),
            web.get("/v2/templates", self._serving("templates", Api.all_templates)),
            web.get("/v2/template/{id}", self._serving("template", Api.one_template)),
            web.get(
                r"/v2/template/{id}/version/{version:\d+}",
                self._serving("template", Api.one_template),
            ),
            web.post("/v2/template/{id}/preview", self._serving("preview", Api.preview_template)),
        ]

    def _serving(
        self, endpoint: str, work: Work
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            visit = Visit(request, endpoint, self._log_call(request, endpoint))
            try:
                reply, error = await self._authenticated(visit, work), None
            except Refusal as refusal:
                reply, error = Reply(refusal.status, refusal.body()), refusal.error
            except Abandoned:
                reset_connection(request)
                return web.Response()
            except web.HTTPException:
                raise
            except Exception as failure:  # the service answers 500 to whatever breaks it
                logger.exception("A call to %s broke", endpoint)
                broken = server_error(type(failure).__name__)
                reply, error = Reply(500, broken.body()), broken.error
            return await self._answer(visit, reply, error)

        return serve

    async def _authenticated(self, visit: Visit, work: Work) -> Reply:
        visit.service, visit.key = authenticate(
            visit.request.headers.get("Authorization"),
            self.sandbox.services,
            now=self.sandbox.clock.now(),
        )
        visit.key_type = visit.key.type
        return await work(self, visit)

    def _log_call(self, request: web.Request, endpoint: str) -> int:
        return self.sandbox.store.add_attempt(
            {"at": self.sandbox.now(), "method": request.method, "endpoint": endpoint}
        )

    async def _answer(self, visit: Visit, reply: Reply, error: str | None) -> web.StreamResponse:
        """Complete the log of the call, write the answer, note whether it could be written."""
        store = self.sandbox.store
        store.update_attempt(
            visit.attempt,
            key_type=visit.key_type,
            reference=visit.reference,
            verdict=None if reply.dropped else reply.status,
            error=error,
            fault=visit.fault,
            message_id=visit.message_id,
        )
        await store.committed()
        if reply.dropped:
            reset_connection(visit.request)
            return web.Response()
        response = reply.response()
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-B3-TraceId"] = uuid.uuid4().hex
        try:
            await response.prepare(visit.request)
            await response.write_eof()
        except ConnectionError:
            return response
        store.update_attempt(visit.attempt, answered=1)
        return response

    # Sending

    async def send(self, visit: Visit) -> Reply:
        sandbox, caller, channel = self.sandbox, visit.caller, visit.endpoint
        now = sandbox.now()
        sandbox.limits.take_token(caller.service, caller.key.type, sandbox.clock.now())
        sandbox.limits.check_day(caller.service, caller.key.type, channel, utc_day(now))
        document = checks.read_json(await visit.request.read())
        if isinstance(document, dict) and isinstance(document.get("reference"), str):
            visit.reference = document["reference"]
        request = checks.read_send_request(channel, document, from_micros(now))
        sandbox.templates.refresh(now)
        message = acceptance.examine(
            request, service=caller.service, key=caller.key, templates=sandbox.templates
        )
        if request.recipient.is_international:
            sandbox.limits.check_day(
                caller.service, caller.key.type, "international_sms", utc_day(now)
            )
        effect, fault = sandbox.effect_on(message)
        if effect and fault:
            visit.fault = effect.name
        elif rule := sandbox.faults.meeting(_call(request, caller)):
            visit.fault, fault = f"rule {rule.id}: {rule.action}", rule.as_fault()

        async def accept() -> Reply:
            document = await sandbox.accept(message, caller, effect, visit.fault)
            if not is_smoke_test(request.recipient):
                visit.message_id = message.id
            return Reply(201, document)

        if not fault:
            return await accept()
        return await perform(
            fault,
            caller_service=caller.service,
            caller_key=caller.key,
            channel=channel,
            do=accept,
            wait=sandbox.wait,
        )

    # Looking up

    async def _play_look_up(self, visit: Visit, call: Call, look: Callable[[float], Any]) -> Reply:
        """Answer a look-up, behind by a lag or with a fault if a rule says so."""
        sandbox, caller = self.sandbox, visit.caller
        rule = sandbox.faults.meeting(call)
        visit.fault = f"rule {rule.id}: {rule.action}" if rule else None
        if not rule or rule.action == "lag":
            return Reply(200, look(rule.delay_s if rule else 0.0))

        async def answer() -> Reply:
            return Reply(200, look(0.0))

        return await perform(
            rule.as_fault(),
            caller_service=caller.service,
            caller_key=caller.key,
            channel=call.channel or "email",
            do=answer,
            wait=sandbox.wait,
        )

    async def look_up_one(self, visit: Visit) -> Reply:
        sandbox, service = self.sandbox, visit.caller.service
        message_id = checks.read_id(visit.request.match_info["id"], "notification_id")
        row = sandbox.store.message(message_id)

        def look(lag_s: float) -> dict[str, Any]:
            oldest = retention_cutoff(sandbox.now(), service.retention_days)
            if not row or row["service_id"] != service.id:
                raise not_found()
            if not oldest <= row["created_at"] <= sandbox.created_to(lag_s):
                raise not_found()
            return answers.notification(row, base_url=sandbox.base_url)

        call = Call(
            "get",
            channel=row["channel"] if row else None,
            to=row["recipient"] if row else None,
            reference=row["reference"] if row else None,
            template_id=row["template_id"] if row else None,
            key_type=visit.key_type,
        )
        return await self._play_look_up(visit, call, look)

    async def look_up_many(self, visit: Visit) -> Reply:
        sandbox, caller = self.sandbox, visit.caller
        filters = checks.read_list_filters(_query(visit.request))
        visit.reference = filters.reference

        def look(lag_s: float) -> dict[str, Any]:
            rows = sandbox.store.list_messages(
                caller.service.id,
                caller.key.type,
                created_from=retention_cutoff(sandbox.now(), caller.service.retention_days),
                created_to=sandbox.created_to(lag_s),
                reference=filters.reference,
                statuses=filters.statuses,
                channels=filters.channels,
                older_than=filters.older_than,
            )
            return self._page(visit, rows, "notifications")

        call = Call("list", reference=filters.reference, key_type=visit.key_type)
        return await self._play_look_up(visit, call, look)

    async def received_texts(self, visit: Visit) -> Reply:
        service = visit.caller.service
        older_than = checks.read_older_than(_query(visit.request))
        rows = self.sandbox.store.list_received(
            service.id,
            created_from=retention_cutoff(self.sandbox.now(), service.retention_days),
            older_than=older_than,
        )
        return Reply(200, self._page(visit, rows, "received_text_messages"))

    def _page(self, visit: Visit, rows: list[dict[str, Any]], kind: str) -> dict[str, Any]:
        request = visit.request
        return answers.page(
            rows,
            kind=kind,
            path=request.path,
            query=list(request.query.items()),
            base_url=self.sandbox.base_url,
        )

    # Templates

    async def one_template(self, visit: Visit) -> Reply:
        template_id = checks.read_id(visit.request.match_info["id"])
        service, templates = visit.caller.service, self.sandbox.templates
        templates.refresh(self.sandbox.now())
        if version := visit.request.match_info.get("version"):
            found = templates.version(service.id, template_id, checks.read_version(version))
        else:
            found = templates.get(service.id, template_id)
        if not found:
            raise not_found()
        return Reply(200, answers.template(found))

    async def all_templates(self, visit: Visit) -> Reply:
        channel = checks.read_template_type(_query(visit.request))
        self.sandbox.templates.refresh(self.sandbox.now())
        found = self.sandbox.templates.live(visit.caller.service.id, channel)
        return Reply(200, {"templates": [answers.template(each) for each in found]})

    async def preview_template(self, visit: Visit) -> Reply:
        sandbox = self.sandbox
        template_id = checks.read_id(visit.request.match_info["id"])
        document = checks.read_json(await visit.request.read())
        values = checks.read_preview_request(document, from_micros(sandbox.now()))
        sandbox.templates.refresh(sandbox.now())
        found = sandbox.templates.get(visit.caller.service.id, template_id)
        if not found:
            raise not_found()
        acceptance.check_personalisation(found, values)
        return Reply(200, answers.preview(found, acceptance.render(found, values)))


def _call(request: SendRequest, caller: Caller) -> Call:
    return Call(
        "post",
        channel=request.channel,
        to=request.recipient.typed,
        reference=request.reference,
        template_id=request.template_id,
        key_type=caller.key.type,
    )


def _query(request: web.Request) -> dict[str, list[str]]:
    return {name: request.query.getall(name) for name in request.query}
