"""`python -m bench.answerer PORT`: says 201 to every request to send, in Notify's shape.

It checks and remembers nothing, so it takes a tenth of what the sandbox takes. Only for measures
that are not about Notify. Ends with the process that started it.
"""

import asyncio
import json
import sys
import uuid

HEAD = "HTTP/1.1 201 CREATED\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


class Answering(asyncio.Protocol):
    """One connection that is kept open; requests come one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._received = b""
        answer = json.dumps(_created(json.loads(body))).encode()
        self._transport.write(HEAD.format(len(answer)).encode() + answer)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _created(asked: dict) -> dict:
    notification = str(uuid.uuid4())
    return {
        "id": notification,
        "reference": asked.get("reference"),
        "uri": f"http://127.0.0.1/v2/notifications/{notification}",
        "template": {"id": asked["template_id"], "version": 1, "uri": "http://127.0.0.1/"},
        "scheduled_for": None,
        "content": {"body": "", "subject": "", "from_email": "", "from_number": "GOVUK"},
    }


async def answer(port: int) -> None:
    """Answer on a loopback port until ended; says so once it does."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", port)
    print("Answering", flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(answer(int(sys.argv[1])))
