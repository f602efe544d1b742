"""Refusals as Notify words and shapes them. Source: Notify §2 and §4."""

from typing import Any

MALFORMED = (
    "Invalid token: make sure your API token matches the example at "
    "https://docs.notifications.service.gov.uk/rest-api.html#authorisation-header"
)
CLOCK_SKEW = "Error: Your system clock must be accurate to within 30 seconds"
KEY_REVOKED = "Invalid token: API key revoked"
TEAM_KEY_ONLY = "Can’t send to this recipient using a team-only API key"
TRIAL_MODE = (
    "Can’t send to this recipient when service is in trial mode – see "
    "https://www.notifications.service.gov.uk/trial-mode"
)
TIMEOUT = "Timeout serving request"
KEY_TYPE_NAMES = {"normal": "LIVE", "team": "TEAM", "test": "TEST"}


class Refusal(Exception):
    """A request that is answered with an error instead of being done."""

    def __init__(self, status: int, error: str, *messages: str) -> None:
        super().__init__(", ".join(messages))
        self.status = status
        self.error = error
        self.messages = messages

    def body(self) -> dict[str, Any]:
        return {
            "status_code": self.status,
            "errors": [{"error": self.error, "message": text} for text in self.messages],
        }


def unauthorised(message: str, *, status: int = 403) -> Refusal:
    return Refusal(status, "AuthError", message)


def invalid(*messages: str) -> Refusal:
    """What the schema found, one entry for each violation."""
    return Refusal(400, "ValidationError", *messages)


def bad_request(message: str) -> Refusal:
    return Refusal(400, "BadRequestError", message)


def not_found() -> Refusal:
    return Refusal(404, "NoResultFound", "No result found")


def server_error(error: str = "InternalServerError") -> Refusal:
    return Refusal(500, error, "Internal server error")


def rate_limited(key_type: str, limit: int) -> Refusal:
    name = KEY_TYPE_NAMES[key_type]
    return Refusal(
        429,
        "RateLimitError",
        f"Exceeded rate limit for key type {name} of {limit} requests per 60 seconds",
    )


def daily_limit_spent(kind: str, limit: int) -> Refusal:
    return Refusal(429, "TooManyRequestsError", f"Exceeded send limits ({kind}: {limit}) for today")
