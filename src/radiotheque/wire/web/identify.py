"""From the headers of a request to its caller; the same for every web route."""

import base64
import binascii
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

from anyio.to_thread import run_sync

from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import NotFound, NotPermitted
from radiotheque.security import Session

COOKIE = "radiotheque_session"
"""The cookie that holds the secret of a session."""


class Entrance(Protocol):
    """The part of the policy that the web door needs: `recall_…` answers from memory or not at all."""

    def recall_token(self, token: str, *, door: Door, address: str) -> Caller | None: ...
    def recall_session(self, secret: str, *, door: Door, address: str, used: bool) -> tuple[Caller, Session] | None: ...
    def recall_password(self, name: str, password: str, *, door: Door, address: str) -> Caller | None: ...
    def for_token(self, token: str, *, door: Door, address: str) -> Caller: ...
    def for_session(self, secret: str, *, door: Door, address: str, used: bool) -> tuple[Caller, Session]: ...
    def for_password(self, name: str, password: str, *, door: Door, address: str) -> Caller: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows to come in: its Authorization header, and the secret of its session cookie; "" for none.

    `unattended` says that the page asked by itself, and nobody had touched it for a while; or that it listens to live
    changes, which it does by itself.
    """

    authorization: str = ""
    secret: str = ""
    unattended: bool = False

    @classmethod
    def of(cls, headers: Sequence[tuple[bytes, bytes]]) -> "Shown":
        """Read the header fields of a request. Over HTTP/2 each cookie may be a field of its own (RFC 9113 8.2.3)."""
        authorization, secret, unattended = "", "", False
        for name, value in headers:
            if name == b"authorization":
                authorization = value.decode("latin-1")
            elif name == b"cookie":
                secret = secret or _cookie(value.decode("latin-1"))
            elif name == b"x-unattended" or (name == b"accept" and value.startswith(b"text/event-stream")):
                unattended = True
        return cls(authorization, secret, unattended)

    @property
    def by_session(self) -> bool:
        """Tell whether the cookie counts: it goes before a password, and behind a token, which no browser adds by itself."""
        return bool(self.secret) and self.authorization.partition(" ")[0].lower() != "bearer"


@dataclass(frozen=True, slots=True)
class Known:
    """Who came in, and the session by which, None for any other way."""

    caller: Caller
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies whose X-Forwarded-For is believed."""

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()

    @classmethod
    def parse(cls, texts: Sequence[str]) -> "Proxies":
        """Give the proxies of addresses and networks in text."""
        return cls(tuple(ipaddress.ip_network(text, strict=False) for text in texts))

    def address(self, peer: str, forwarded: str) -> str:
        """Give the caller's address: the last one in the chain that is not one of our proxies."""
        if not self.networks or not forwarded or not self._trusts(peer):
            return peer
        for hop in reversed([part.strip() for part in forwarded.split(",")]):
            if not self._trusts(hop):
                return hop if _is_address(hop) else peer
        return peer

    def secure(self, peer: str, scheme: str, forwarded: str) -> bool:
        """Tell whether the browser speaks https: to us, or to a proxy of ours that says so (X-Forwarded-Proto)."""
        return scheme == "https" or (self._trusts(peer) and forwarded.partition(",")[0].strip() == "https")

    def _trusts(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self.networks)


class _At(TypedDict):
    """Where a request comes in, and from."""

    door: Door
    address: str


async def identify(shown: Shown, entrance: Entrance, *, door: Door, address: str) -> Known:
    """Give who asks: by Bearer (RFC 6750 2.1), by the cookie of a session, or by Basic (RFC 7617).

    The cookie goes before Basic: a browser adds a password that it remembers to every request, and would else stay
    another person after signing in. What was verified a moment ago is answered from memory; all else, which may read
    the database or hash a password, in a thread. Raises `NotPermitted`, `Busy`.
    """
    scheme, _, rest = shown.authorization.partition(" ")
    at = _At(door=door, address=address)
    if scheme.lower() == "bearer":
        token = rest.strip()
        bearer = entrance.recall_token(token, **at)
        return Known(bearer if bearer else await run_sync(lambda: entrance.for_token(token, **at)))
    if shown.by_session:
        used = not shown.unattended
        known = entrance.recall_session(shown.secret, **at, used=used)
        return Known(*(known if known else await run_sync(lambda: entrance.for_session(shown.secret, **at, used=used))))
    if scheme.lower() == "basic":
        name, password = _name_and_password(rest)
        person = entrance.recall_password(name, password, **at)
        return Known(person if person else await run_sync(lambda: entrance.for_password(name, password, **at)))

    raise NotPermitted("sign in by a bearer token, by HTTP Basic or by a session")


def _cookie(header: str) -> str:
    """Give the secret among the cookies of a header field (RFC 6265 4.2.1), "" when it is not there."""
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _name_and_password(rest: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NotPermitted("the Basic credentials cannot be read (RFC 7617)") from error
    if not colon:
        raise NotPermitted("the Basic credentials cannot be read (RFC 7617)")
    return name, password


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def caller_of(request: Any) -> Caller:
    """Give who asks, as the gate identified them."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


def session_of(request: Any) -> Session:
    """Give the session by which the caller came in. Raises `NotFound` for a caller that came in another way."""
    session: Session | None = request.scope["state"]["session"]
    if session is None:
        raise NotFound("there is no session: the request came in by a token or a password of its own")
    return session
