"""The gate of the web door, around every route: who asks, what is logged, how an error is answered."""

import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger
from structlog.contextvars import bind_contextvars, reset_contextvars

from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import NotPermitted, RadiothequeError, TooLarge
from radiotheque.wire.web.answers import ForeignPage, Problem, problem, unauthorized
from radiotheque.wire.web.identify import Entrance, Proxies, Shown, identify
from radiotheque.wire.web.language import Asked, asked

ANONYMOUS = frozenset({"/", "/app", "/healthz", "/favicon.ico"})
"""Paths that need no sign-in."""
ANONYMOUS_FOLDERS = ("/static/", "/app/")
"""Folders whose files need no sign-in: they hold nothing of any patient."""
ANONYMOUS_ACTS = frozenset({("POST", "/api/session")})
"""What may be done without having signed in: signing in."""

API = "/api/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME = frozenset({b"same-origin", b"none"})
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_DEFAULTS = {
    b"cache-control": b"private, no-cache",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}

_log = get_logger("radiotheque.http")


@dataclass(slots=True)
class _Exchange:
    """One request and what was answered so far."""

    request_id: str
    address: str
    method: str
    path: str
    headers: Mapping[bytes, bytes]
    secure: bool = False
    status: int = 0
    caller: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets a request in with its caller in `scope["state"]["caller"]`, or answers it here.

    `observe(door, status, seconds)` is told every answer, for the metrics; `turned_away` every failed sign-in,
    with a nameless caller: what was typed as a name may be a password. `language` finds the one of a refusal.
    """

    app: ASGIApp
    entrance: Entrance
    proxies: Proxies = field(default_factory=Proxies)
    max_json_bytes: int = 1 << 20
    observe: Callable[[str, int, float], None] = lambda _door, _status, _seconds: None
    turned_away: Callable[[Caller], None] = lambda _caller: None
    language: Asked = asked
    _access: Any = field(default_factory=lambda: _log.bind())  # bound once: a proxy that binds at every line costs 7 µs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:  # no websocket is spoken here
            await send({"type": "websocket.close", "code": 1000})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        client = scope.get("client") or ("", 0)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        address = self.proxies.address(client[0], headers.get(b"x-forwarded-for", b"").decode("latin-1"))
        secure = self.proxies.secure(
            client[0], scope.get("scheme", "http"), headers.get(b"x-forwarded-proto", b"").decode("latin-1")
        )
        exchange = _Exchange(secrets.token_hex(8), address, scope["method"], scope["path"], headers, secure)
        bound = bind_contextvars(request_id=exchange.request_id)
        try:
            await self._guarded(scope, exchange, receive, _decorated(send, exchange))
        finally:
            self._note(exchange, perf_counter() - started)
            reset_contextvars(**bound)

    async def _guarded(self, scope: Scope, exchange: _Exchange, receive: Receive, send: Send) -> None:
        try:
            refused = await self._admit(scope, exchange)
            if refused is not None:
                await _send_problem(send, refused)
                return
            if exchange.path.startswith(API):
                receive = _limited(receive, exchange.headers, self.max_json_bytes)
            await self.app(scope, receive, send)
        except Exception as error:  # the answer guard of this wire
            if not isinstance(error, RadiothequeError | HTTPException):
                _log.exception("request failed")
            if exchange.status:  # the answer has begun: only a cut connection can say that it is not whole
                raise
            await _send_problem(send, problem(error, exchange.request_id, await self.language(scope)))

    async def _admit(self, scope: Scope, exchange: _Exchange) -> Problem | None:
        """Put the caller into the scope; give the refusal when there is none."""
        state: dict[str, Any] = dict(scope.get("state") or {})
        scope["state"] = state
        state |= {"request_id": exchange.request_id, "address": exchange.address, "secure": exchange.secure}
        if exchange.method not in _SAFE and not _same_site(exchange.headers):
            raise NotPermitted("a page of another site may not change anything here")
        shown = Shown.of(scope["headers"])
        state["secret"] = shown.secret
        if is_anonymous(exchange.path, exchange.method):
            return None
        door = Door.API if exchange.path.startswith(API) else Door.DICOMWEB
        try:
            known = await identify(shown, self.entrance, door=door, address=exchange.address)
        except NotPermitted as error:
            if shown.authorization and not shown.by_session:  # a session that ended is no failure of its person
                self.turned_away(Caller("", door, exchange.address))
            prompt, language = _may_prompt(shown, exchange.headers), await self.language(scope)
            return unauthorized(exchange.request_id, error, prompt=prompt, language=language)
        if known.session is not None and exchange.method not in _SAFE:
            _check_csrf(known.session.csrf, exchange.headers)
        state |= {"caller": known.caller, "session": known.session}
        exchange.caller = known.caller.name
        return None

    def _note(self, exchange: _Exchange, seconds: float) -> None:
        first, _, _ = exchange.path.lstrip("/").partition("/")
        self.observe(first if exchange.caller else "anonymous", exchange.status, seconds)
        # the path alone: a query string may name a patient
        self._access.info(
            "answered",
            method=exchange.method,
            path=exchange.path,
            status=exchange.status,
            ms=round(seconds * 1000, 2),
            caller=exchange.caller,
            address=exchange.address,
        )


def is_anonymous(path: str, method: str = "GET") -> bool:
    """Tell whether it is one of the few things that need no sign-in."""
    if method not in _SAFE:
        return (method, path) in ANONYMOUS_ACTS
    return path in ANONYMOUS or (path.startswith(ANONYMOUS_FOLDERS) and ".." not in path)


def _may_prompt(shown: Shown, headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether a browser may ask for a password of its own: not above a page of ours, which has a better way."""
    ours = b"x-requested-with" in headers or headers.get(b"sec-fetch-mode", b"navigate") != b"navigate"
    return not shown.by_session and not ours


def _same_site(headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether the request comes from a program or a page of ours: a browser adds a remembered password to any."""
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site in _SAME
    origin = headers.get(b"origin")
    return origin is None or origin.partition(b"://")[2] == headers.get(b"host", b"")


def _check_csrf(token: str, headers: Mapping[bytes, bytes]) -> None:
    """Let a change by cookie pass when it names the session's token, which only a page of ours can read.

    A browser adds the cookie by itself, whoever made it ask. Raises `ForeignPage`.
    """
    if not hmac.compare_digest(headers.get(b"x-csrf-token", b""), token.encode()):
        raise ForeignPage("a change by session names its token in X-CSRF-Token; GET /api/session gives it")


def _decorated(send: Send, exchange: _Exchange) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            given: Iterable[tuple[bytes, bytes]] = message.get("headers", ())
            names = {name for name, _ in given}
            added = [pair for pair in _DEFAULTS.items() if pair[0] not in names]
            message["headers"] = [*given, *_ALWAYS, *added, (b"x-request-id", exchange.request_id.encode())]
        await send(message)

    return sending


def _limited(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> Receive:
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > limit:
        raise TooLarge("a request body of the API has at most {limit} bytes", limit=limit)
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:  # this class passes through FastAPI's reading of bodies
            raise HTTPException(413)
        return message

    return receiving


async def _send_problem(send: Send, answer: Problem) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})
