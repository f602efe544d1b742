"""What the sandbox is set up with: services, keys, callbacks, templates folder, waiting times."""

import copy
import tomllib
import uuid
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

DEFAULT_FILE = Path(__file__).with_name("default.toml")
KEY_TYPES = ("normal", "team", "test")
CHANNELS = ("email", "sms")
PERMISSIONS = ("email", "sms", "international_sms", "sms_to_uk_landlines")
DAILY_LIMITS = {"email": 250_000, "sms": 250_000, "international_sms": 100}
TRIAL_DAILY_LIMITS = {"email": 50, "sms": 50, "international_sms": 50}


class ConfigError(Exception):
    """The configuration cannot be used; the message says what to change."""


@dataclass(frozen=True)
class ApiKey:
    name: str
    secret: str
    type: str
    revoked: bool = False


@dataclass(frozen=True)
class Sender:
    """A reply-to address or a text message sender."""

    id: str
    value: str
    default: bool = False


@dataclass
class Service:
    """One Notify service. Everything but its id may be changed through the control API."""

    id: str
    name: str
    keys: list[ApiKey]
    email_from: str = "sandbox"
    active: bool = True
    restricted: bool = False
    permissions: list[str] = field(default_factory=lambda: ["email", "sms"])
    prefix_sms: bool = True
    rate_limit: int = 3000
    rate_limiting: bool = True
    daily_limits: dict[str, int] = field(default_factory=dict)
    retention_days: int = 7
    team_members: list[str] = field(default_factory=list)
    guest_list: list[str] = field(default_factory=list)
    reply_to: list[Sender] = field(default_factory=list)
    sms_senders: list[Sender] = field(default_factory=list)
    callback_url: str = ""
    callback_token: str = ""
    received_callback_url: str = ""
    received_callback_token: str = ""

    def daily_limit(self, kind: str) -> int:
        """Messages of `kind` a day; a service in trial mode has 50 of each. Source: Notify §7."""
        defaults = TRIAL_DAILY_LIMITS if self.restricted else DAILY_LIMITS
        if self.restricted:
            return min(self.daily_limits.get(kind, defaults[kind]), defaults[kind])
        return self.daily_limits.get(kind, defaults[kind])

    def api_key(self, key_type: str) -> str:
        """The whole key as a client is given it."""
        key = next(key for key in self.keys if key.type == key_type)
        return f"{key.name}-{self.id}-{key.secret}"


@dataclass
class Config:
    services: list[Service]
    templates_dir: Path = Path("notifications/wording")
    template_namespace: uuid.UUID = uuid.UUID(int=0)
    time_scale: float = 1.0
    sending_after_s: float = 0.2
    final_after_s: float = 1.0
    receipt_timeout_s: float = 5.0
    receipt_retry_s: float = 300.0

    def scaled(self, seconds: float) -> float:
        """A wait of the contract as long as this run makes it."""
        return seconds / self.time_scale

    def pristine(self) -> "Config":
        """A copy that later changes through the control API do not touch."""
        return copy.deepcopy(self)


def load(path: Path = DEFAULT_FILE) -> Config:
    """Read a configuration file, or raise ConfigError with one sentence."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The configuration {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration {path} is not valid TOML: {error}.") from error
    try:
        return _config(document)
    except (TypeError, ValueError, KeyError) as error:
        raise ConfigError(f"The configuration {path} is not complete: {error}.") from error


def _config(document: dict[str, Any]) -> Config:
    values = dict(document)
    services = [service_from(entry) for entry in values.pop("services", [])]
    if not services:
        raise ValueError("it names no service")
    if "templates_dir" in values:
        values["templates_dir"] = Path(values["templates_dir"])
    values["template_namespace"] = uuid.UUID(values["template_namespace"])
    return Config(services=services, **values)


def service_from(entry: dict[str, Any]) -> Service:
    values = dict(entry)
    values["id"] = str(uuid.UUID(values["id"]))
    values["keys"] = [ApiKey(**key) for key in values.get("keys", [])]
    values["reply_to"] = [Sender(**sender) for sender in values.get("reply_to", [])]
    values["sms_senders"] = [Sender(**sender) for sender in values.get("sms_senders", [])]
    service = Service(**values)
    check_service(service)
    return service


def check_service(service: Service) -> None:
    """Raise ValueError where a service names something that Notify does not have."""
    for key in service.keys:
        if key.type not in KEY_TYPES:
            raise ValueError(f"key type {key.type} is not one of {', '.join(KEY_TYPES)}")
    for permission in service.permissions:
        if permission not in PERMISSIONS:
            raise ValueError(f"permission {permission} is not one of {', '.join(PERMISSIONS)}")
    for kind in service.daily_limits:
        if kind not in DAILY_LIMITS:
            raise ValueError(f"daily limit {kind} is not one of {', '.join(DAILY_LIMITS)}")


CHANGEABLE = {each.name for each in fields(Service)} - {"id", "keys", "reply_to", "sms_senders"}


def change_service(service: Service, changes: dict[str, Any]) -> Service:
    """The service with these settings, keys by name; ValueError where one is unknown."""
    changes = dict(changes)
    revoked = changes.pop("revoked_keys", None)
    unknown = sorted(set(changes) - CHANGEABLE)
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(unknown)}")
    if "daily_limits" in changes:
        changes["daily_limits"] = {**service.daily_limits, **changes["daily_limits"]}
    changed = replace(service, **changes)
    if revoked is not None:
        changed.keys = [replace(key, revoked=key.name in revoked) for key in service.keys]
    check_service(changed)
    return changed
