"""Where a resource is, seen from outside: the base URL behind proxies, and the path of each resource."""

import ipaddress
import re
from dataclasses import dataclass
from functools import cache

from starlette.requests import Request

from radiotheque.core.uid import UID

_HOST = re.compile(r"[A-Za-z0-9._\-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_ELEMENT = re.compile(r'(host|proto)\s*=\s*(?:"([^"]*)"|([^;,\s]*))', re.IGNORECASE)


@cache
def _networks(trusted: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in trusted)


def is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    """Say whether a connection from `address` is one of the proxies that may speak for a client."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in _networks(trusted) if network.version == ip.version)


def root_url(request: Request, trusted: tuple[str, ...] = ()) -> str:
    """Give `scheme://host` as the client sees it, without a slash at its end.

    `Forwarded` (RFC 7239) and `X-Forwarded-Proto/-Host` are believed only from a trusted proxy; anybody
    else could make us hand out links to a host of theirs.
    """
    scheme, host = request.scope.get("scheme", "http"), request.headers.get("host", "")
    client = request.client
    if trusted and client is not None and is_trusted(client.host, trusted):
        scheme, host = _forwarded(request, scheme, host)
    if not _HOST.fullmatch(host):
        host = request.url.netloc if _HOST.fullmatch(request.url.netloc) else "localhost"
    return f"{'https' if scheme == 'https' else 'http'}://{host}"


def _forwarded(request: Request, scheme: str, host: str) -> tuple[str, str]:
    headers = request.headers
    nearest = headers.get("forwarded", "").rsplit(",", 1)[-1]  # what the proxy next to us added
    said = {name.lower(): quoted or bare for name, quoted, bare in _ELEMENT.findall(nearest)}
    scheme = said.get("proto") or headers.get("x-forwarded-proto", "").rsplit(",", 1)[-1].strip() or scheme
    host = said.get("host") or headers.get("x-forwarded-host", "").rsplit(",", 1)[-1].strip() or host
    return scheme.lower(), host


@dataclass(frozen=True, slots=True)
class ServiceRoot:
    """The service's base URL, `https://pacs.example/dicom-web` (PS3.18 8.2)."""

    url: str

    def study(self, study: UID | str) -> str:
        return f"{self.url}/studies/{study}"

    def series(self, study: UID | str, series: UID | str) -> str:
        return f"{self.url}/studies/{study}/series/{series}"

    def instance(self, study: UID | str, series: UID | str, instance: UID | str) -> str:
        return f"{self.url}/studies/{study}/series/{series}/instances/{instance}"
