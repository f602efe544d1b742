"""Who asks: the bearer token of a request, checked as Notify checks it. Source: Notify §2."""

import uuid
from collections.abc import Mapping
from typing import Any

import jwt
from jwt.types import Options

from notifications.sandbox.config import ApiKey, Service
from notifications.sandbox.errors import CLOCK_SKEW, KEY_REVOKED, MALFORMED, unauthorised

ALLOWED_SKEW_S = 30
ALGORITHM = "HS256"
SIGNATURE_ONLY: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def authenticate(
    header: str | None, services: Mapping[str, Service], *, now: float
) -> tuple[Service, ApiKey]:
    """The service and the key that signed the request, or a Refusal. `now` in epoch seconds."""
    token = _bearer_token(header)
    claims = _unverified_claims(token)
    if "iss" not in claims:
        raise unauthorised("Invalid token: iss field not provided")
    service = _service(claims["iss"], services)
    if not service.keys:
        raise unauthorised("Invalid token: service has no API keys")
    if not service.active:
        raise unauthorised("Invalid token: service is archived")
    key = _signing_key(token, service)
    if "iat" not in claims:
        raise unauthorised("Invalid token: API key not found")
    _check_times(claims, now)
    if key.revoked:
        raise unauthorised(KEY_REVOKED)
    return service, key


def _bearer_token(header: str | None) -> str:
    if not header:
        raise unauthorised("Unauthorized: authentication token must be provided", status=401)
    if header[:7].lower() != "bearer ":
        raise unauthorised("Unauthorized: authentication bearer scheme must be used", status=401)
    return header[7:]


def _unverified_claims(token: str) -> dict[str, Any]:
    try:
        return jwt.decode(token, options={**SIGNATURE_ONLY, "verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise unauthorised(MALFORMED) from error


def _service(issuer: Any, services: Mapping[str, Service]) -> Service:
    try:
        service_id = str(uuid.UUID(issuer))
    except (ValueError, TypeError, AttributeError) as error:
        raise unauthorised("Invalid token: service id is not the right data type") from error
    if service_id not in services:
        raise unauthorised("Invalid token: service not found")
    return services[service_id]


def _signing_key(token: str, service: Service) -> ApiKey:
    for key in service.keys:
        try:
            jwt.decode(token, key.secret, algorithms=[ALGORITHM], options=SIGNATURE_ONLY)
        except jwt.InvalidAlgorithmError as error:
            raise unauthorised("Invalid token: algorithm used is not HS256") from error
        except jwt.DecodeError:
            continue
        return key
    raise unauthorised("Invalid token: API key not found")


def _check_times(claims: dict[str, Any], now: float) -> None:
    """Checked here and not by the library, which only knows the real time."""
    try:
        issued_at = int(claims["iat"])
        not_before = int(claims.get("nbf", 0))
    except (ValueError, TypeError) as error:
        raise unauthorised(CLOCK_SKEW) from error
    if abs(int(now) - issued_at) > ALLOWED_SKEW_S or not_before > now + ALLOWED_SKEW_S:
        raise unauthorised(CLOCK_SKEW)
    try:
        expires_at = int(claims["exp"]) if "exp" in claims else None
    except (ValueError, TypeError) as error:
        raise unauthorised(MALFORMED) from error
    if (expires_at is not None and expires_at <= now - ALLOWED_SKEW_S) or claims.get("aud"):
        raise unauthorised(MALFORMED)
