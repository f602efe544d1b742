"""The sandbox as a rehearsal steers and questions it."""

from collections.abc import Iterator
from typing import Any

import requests


class Notify:
    """The control interface of a running Notify sandbox."""

    def __init__(self, address: str) -> None:
        self._address = f"{address}/_sandbox/"
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def call(self, method: str, path: str, **document: Any) -> Any:
        answer = self._session.request(
            method, self._address + path, json=document or None, timeout=30
        )
        answer.raise_for_status()
        return answer.json()

    def is_up(self) -> bool:
        try:
            return bool(self.call("GET", "clock"))
        except requests.RequestException:
            return False

    def add_fault(
        self, endpoint: str, *, probability: float = 1.0, channel: str = "", **rule: Any
    ) -> int:
        """Order a fault, of one channel or of all; the number by which to lift it."""
        match: dict[str, Any] = {"endpoint": endpoint, "probability": probability}
        if channel:
            match["channel"] = channel
        return self.call("POST", "faults", match=match, **rule)["id"]

    def lift(self, rule: int) -> None:
        self.call("DELETE", f"faults/{rule}")

    def lift_all(self) -> None:
        """End every ordered fault, and set the clock right."""
        self.call("DELETE", "faults")
        self.call("POST", "clock", offset_s=0)

    def messages(self) -> Iterator[dict[str, Any]]:
        """Every message that Notify accepted."""
        page = pages = 1
        while page <= pages:
            answer = self.call("GET", f"messages.json?page={page}")
            yield from answer["messages"]
            page, pages = page + 1, answer["pages"]

    def attempts(self) -> Iterator[dict[str, Any]]:
        """Every call of the API, in order."""
        after = 0
        while found := self.call("GET", f"attempts.json?after={after}")["attempts"]:
            yield from found
            after = found[-1]["seq"]

    def invariants(self) -> dict[str, Any]:
        return self.call("GET", "invariants.json")
