"""Bearer tokens of machines: the current one, and the previous one while it is being replaced."""

from collections.abc import Sequence

from django.utils.crypto import constant_time_compare


def is_known(authorization: str, tokens: Sequence[str]) -> bool:
    """Whether an Authorization header carries one of the tokens; takes as long if not."""
    scheme, _, token = authorization.partition(" ")
    matches = [constant_time_compare(token, known) for known in tokens]
    return scheme.lower() == "bearer" and any(matches)
