"""A request to an ASGI application without a socket, and its answer whole."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesParser
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from radiotheque.core.caller import Caller, Door, Permission, Scope

EVERYBODY = Caller("tester", Door.DICOMWEB, permissions=frozenset(Permission), scope=Scope(everything=True))


@dataclass(frozen=True)
class Answer:
    """A whole answer; header fields by lower-case name, repeated ones joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    pieces: Sequence[bytes]

    def parts(self) -> list[tuple[Mapping[str, str], bytes]]:
        """Give the parts of a multipart answer, read by Python's own parser for mail."""
        head = f"Content-Type: {self.headers['content-type']}\r\nMIME-Version: 1.0\r\n\r\n".encode()
        message = BytesParser().parsebytes(head + self.body)
        assert not message.defects, message.defects
        return [
            ({name.lower(): value for name, value in part.items()}, part.get_payload(decode=True))
            for part in message.get_payload()
        ]


def ask(
    routes: list[BaseRoute],
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] = b"",
    *,
    caller: Caller | None = EVERYBODY,
    client: str = "127.0.0.1",
) -> Answer:
    """Send one request to an application of these routes and give its answer."""
    return asyncio.run(_ask(Starlette(routes=routes), method, url, headers or {}, body, caller, client))


async def _ask(
    app: Any, method: str, url: str, headers: Mapping[str, str], body: bytes | Iterable[bytes], caller: Any, client: str
) -> Answer:
    split = urlsplit(url)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": split.path,
        "raw_path": split.path.encode(),
        "query_string": split.query.encode(),
        "root_path": "",
        "headers": [(b"host", b"pacs.test"), *((n.lower().encode(), v.encode("latin-1")) for n, v in headers.items())],
        "client": (client, 4711),
        "server": ("127.0.0.1", 8080),
        "state": {} if caller is None else {"caller": caller},
    }
    pieces = iter([body] if isinstance(body, bytes) else body)
    waiting = asyncio.Event()

    async def receive() -> dict[str, Any]:
        for piece in pieces:
            return {"type": "http.request", "body": piece, "more_body": True}
        if not waiting.is_set():
            waiting.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    out: dict[str, str] = {}
    for raw_name, raw_value in start["headers"]:
        name, value = raw_name.decode().lower(), raw_value.decode("latin-1")
        out[name] = f"{out[name]}, {value}" if name in out else value
    bodies = [each.get("body", b"") for each in rest]
    return Answer(start["status"], out, b"".join(bodies), bodies)
