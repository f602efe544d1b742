"""The one place that talks to GOV.UK Notify, through its own client.

Each call answers with a value, never an exception: what may follow is decided in `rules`.
Source: Notify §10.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import UUID

import requests
from django.conf import settings
from notifications_python_client import NotificationsAPIClient
from notifications_python_client.errors import APIError
from urllib3.exceptions import NewConnectionError

from notifications import rules

logger = logging.getLogger(__name__)

# Reading longer than the 30 seconds Notify gives a request turns most timeouts into answers.
TIMEOUT = (5, 40)

# The client warns of every refusal; what matters is logged where the outcome is known.
logging.getLogger("notifications_python_client").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Request:
    """All that one request to send needs."""

    channel: str
    recipient: str
    template_id: str
    personalisation: Mapping[str, object]
    reference: str
    reply_to_id: str | None
    sanitise: Sequence[str] = ()


@dataclass(frozen=True)
class Known:
    """A message as Notify has it."""

    notify_id: UUID
    reference: str
    status: str
    template_version: int | None
    # When Notify took it, if it says so.
    created_at: datetime | None


@dataclass(frozen=True)
class Listed(Known):
    """A message as Notify lists it: to whom it went and what it says, too."""

    recipient: str
    template_id: str
    subject: str
    body: str


@dataclass(frozen=True)
class Gone:
    """Notify knows no such thing, or no longer."""


@dataclass(frozen=True)
class NoAnswer:
    """Notify could not be asked, or did not answer as itself."""

    reason: str


def service_id() -> str:
    """Our service at Notify: part of the key. Source: Notify §2."""
    return settings.NOTIFY_API_KEY[-73:-37]


class PlainSession(requests.Session):
    """Requests to one address, without cookies, stored passwords and redirects.

    Notify uses none of them: a request that a redirect took elsewhere would be past telling. It
    also halves what a request costs, because proxies and certificates are read once.
    """

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._options = self.merge_environment_settings(base_url, {}, False, None, None)
        del self._options["stream"]

    def request(self, method, url, *, headers, timeout, data=None, params=None):
        """The answer, read to its end."""
        prepared = requests.PreparedRequest()
        prepared.prepare(method=method, url=url, headers=headers, data=data, params=params)
        adapter = self.get_adapter(url)
        response = adapter.send(prepared, timeout=timeout, **self._options)
        response.content  # noqa: B018 - reads it, so that the connection can be used again
        return response


class Notify:
    """A connection to Notify; one thread uses it at a time, and closes it."""

    def __init__(self) -> None:
        self._client = NotificationsAPIClient(
            settings.NOTIFY_API_KEY, base_url=settings.NOTIFY_BASE_URL, timeout=TIMEOUT
        )
        self._client.request_session = PlainSession(settings.NOTIFY_BASE_URL)

    def __enter__(self) -> "Notify":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to Notify."""
        self._client.request_session.close()

    def send(self, request: Request) -> rules.Outcome:
        """Ask Notify to send one message."""
        try:
            if request.channel == "email":
                body = self._client.send_email_notification(
                    email_address=request.recipient,
                    template_id=request.template_id,
                    personalisation=dict(request.personalisation),
                    reference=request.reference,
                    email_reply_to_id=request.reply_to_id,
                    sanitise_content_for=list(request.sanitise),
                )
            else:
                body = self._client.send_sms_notification(
                    phone_number=request.recipient,
                    template_id=request.template_id,
                    personalisation=dict(request.personalisation),
                    reference=request.reference,
                )
        except APIError as error:
            return _outcome_of(error)
        except Exception as error:
            # Whatever broke, the request may have gone out: it is looked up like any other.
            logger.exception("Sending %s ended in %s", request.reference, type(error).__name__)
            return rules.Unknown(f"Our own error: {type(error).__name__}")
        return rules.answer_to_post(201, body)

    def find(self, reference: str) -> "list[Known] | NoAnswer | rules.Unauthorised":
        """The messages of that reference, sent with the same key type; newest first."""
        body = self._ask(lambda: self._client.get_all_notifications(reference=reference))
        if isinstance(body, rules.Unauthorised | NoAnswer):
            return body
        if isinstance(body, Gone):
            return NoAnswer("Notify answered with status 404")
        try:
            return [_known(each) for each in body["notifications"]]  # type: ignore[index]
        except (TypeError, KeyError, ValueError, AttributeError):
            return NoAnswer("Notify's answer could not be read")

    def list_older(
        self, channel: str, *, than: UUID | None
    ) -> "list[Listed] | NoAnswer | rules.Unauthorised":
        """A page of what was sent on a channel with this key type, newest first; empty at the end.

        It holds what is older `than` that message, or the newest. Source: Notify §3.4.
        """
        body = self._ask(
            lambda: self._client.get_all_notifications(
                template_type="email" if channel == "email" else "sms",
                older_than=str(than) if than else None,
            )
        )
        if isinstance(body, rules.Unauthorised | NoAnswer):
            return body
        if isinstance(body, Gone):
            return NoAnswer("Notify answered with status 404")
        try:
            return [_listed(each) for each in body["notifications"]]  # type: ignore[index]
        except (TypeError, KeyError, ValueError, AttributeError):
            return NoAnswer("Notify's answer could not be read")

    def get(self, notify_id: UUID) -> "Known | Gone | NoAnswer | rules.Unauthorised":
        """What became of one message."""
        body = self._ask(lambda: self._client.get_notification_by_id(notify_id))
        if isinstance(body, rules.Unauthorised | NoAnswer | Gone):
            return body
        try:
            return _known(body)
        except (TypeError, KeyError, ValueError, AttributeError):
            return NoAnswer("Notify's answer could not be read")

    def template(self, template_id: str) -> "dict | Gone | NoAnswer | rules.Unauthorised":
        """The newest version of a template, as Notify describes it."""
        body = self._ask(lambda: self._client.get_template(template_id))
        return body if not isinstance(body, list | None) else NoAnswer("An unreadable answer")

    def probe(self) -> rules.Unauthorised | NoAnswer | None:
        """Whether Notify accepts our key: None if it does. Nothing is sent."""
        answer = self.find("probe")
        return answer if isinstance(answer, rules.Unauthorised | NoAnswer) else None

    def _ask(self, call):
        """The body of an answer to a GET, or why there is none."""
        try:
            return call()
        except APIError as error:
            return _no_body(error)


def _known(body: Mapping) -> Known:
    version = body["template"]["version"]
    return Known(
        notify_id=UUID(body["id"]),
        reference=body["reference"] or "",
        status=body["status"],
        template_version=version if isinstance(version, int) else None,
        created_at=_instant(body.get("created_at")),
    )


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _listed(body: Mapping) -> Listed:
    return Listed(
        **vars(_known(body)),
        recipient=body["email_address"] or body["phone_number"] or "",
        template_id=body["template"]["id"],
        subject=body["subject"] or "",
        body=body["body"] or "",
    )


def _body_of(response: requests.Response | None) -> object:
    try:
        return None if response is None else response.json()
    except ValueError:
        return None


def _outcome_of(error: APIError) -> rules.Outcome:
    if error.response is None:
        cause = error.__cause__
        if _never_connected(cause):
            return rules.NotSent(f"Cannot connect to Notify: {type(cause).__name__}")
        return rules.Unknown(f"No answer from Notify: {type(cause).__name__}")
    outcome = rules.answer_to_post(error.response.status_code, _body_of(error.response))
    if isinstance(outcome, rules.Unauthorised):
        return _with_skew(outcome, error.response)
    return outcome


def _no_body(error: APIError) -> Gone | NoAnswer | rules.Unauthorised:
    response = error.response
    if response is None:
        return NoAnswer(f"No answer from Notify: {type(error.__cause__).__name__}")
    errors = rules.errors_in(response.status_code, _body_of(response))
    if errors and response.status_code in (401, 403):
        return _with_skew(rules.unauthorised(errors), response)
    if errors and response.status_code == 404:
        return Gone()
    return NoAnswer(f"Notify answered with status {response.status_code}")


def _with_skew(outcome: rules.Unauthorised, response: requests.Response) -> rules.Unauthorised:
    """The outcome with how far our clock is ahead of Notify's, by the answer's Date."""
    if outcome.kind != "skew":
        return outcome
    try:
        theirs = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return outcome
    ahead = datetime.now(UTC) - theirs
    return rules.Unauthorised("skew", outcome.reason, round(ahead.total_seconds()))


def _never_connected(cause: BaseException | None) -> bool:
    """Whether no connection came about: only these failures prove that nothing was sent."""
    if isinstance(cause, requests.ConnectTimeout):
        return True
    if not isinstance(cause, requests.ConnectionError) or not cause.args:
        return False
    return isinstance(getattr(cause.args[0], "reason", None), NewConnectionError)
