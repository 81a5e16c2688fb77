"""From the headers of a request to its caller; the same for every web route."""

import base64
import binascii
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from anyio.to_thread import run_sync

from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import NotPermitted


class Entrance(Protocol):
    """The part of the policy that the web door needs: `recall_…` answers from memory or not at all."""

    def recall_token(self, token: str, *, door: Door, address: str) -> Caller | None: ...
    def recall_password(self, name: str, password: str, *, door: Door, address: str) -> Caller | None: ...
    def for_token(self, token: str, *, door: Door, address: str) -> Caller: ...
    def for_password(self, name: str, password: str, *, door: Door, address: str) -> Caller: ...


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

    def _trusts(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self.networks)


async def identify(authorization: str, entrance: Entrance, *, door: Door, address: str) -> Caller:
    """Give the caller of an Authorization header: Bearer (RFC 6750 2.1) or Basic (RFC 7617).

    What was verified a moment ago is answered from memory; all else, which may read the database or hash a
    password, in a thread. Raises `NotPermitted`, `Busy`.
    """
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        token = rest.strip()
        known = entrance.recall_token(token, door=door, address=address)
        return known or await _in_thread(lambda: entrance.for_token(token, door=door, address=address))
    if scheme.lower() == "basic":
        name, password = _name_and_password(rest)
        known = entrance.recall_password(name, password, door=door, address=address)
        return known or await _in_thread(lambda: entrance.for_password(name, password, door=door, address=address))
    raise NotPermitted("sign in by a bearer token or by HTTP Basic")


async def _in_thread(ask: Callable[[], Caller]) -> Caller:
    return await run_sync(ask)


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
