"""What is offered, described (PS3.18 8.9, Annex H): made from the very offers that are answered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

import orjson
from starlette.requests import Request
from starlette.responses import Response

from radiotheque.wire.dicomweb.accept import choose
from radiotheque.wire.dicomweb.requests import Desk, Offer, accepted

WADL = "application/vnd.sun.wadl+xml"
OFFERED = (WADL, "application/json", "application/xml")
_NAMESPACE = "http://wadl.dev.java.net/2009/02"


class Capabilities:
    """OPTIONS of the service itself."""

    def __init__(self, desk: Desk, offers: Sequence[Offer]) -> None:
        self._desk = desk
        self._by_path: dict[str, list[Offer]] = defaultdict(list)
        for offer in offers:
            self._by_path[offer.path].append(offer)

    async def __call__(self, request: Request) -> Response:
        media, _ = choose(accepted(request), OFFERED, single=True)
        base = self._desk.base(request).url
        body = as_json(self._by_path, base) if media == "application/json" else as_wadl(self._by_path, base)
        return Response(body, headers={"Allow": "OPTIONS"}, media_type=media)


def as_wadl(by_path: Mapping[str, Sequence[Offer]], base: str) -> bytes:
    """Give the WADL document of the offers."""
    resources = "".join(_resource(path, offers) for path, offers in by_path.items())
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<application xmlns="{_NAMESPACE}">'
    return f"{head}<resources base={quoteattr(base)}>{resources}</resources></application>".encode()


def _resource(path: str, offers: Sequence[Offer]) -> str:
    plain = path.replace(":path}", "}").lstrip("/")
    names = [piece[1:-1] for piece in plain.split("/") if piece.startswith("{")]
    params = "".join(f'<param name="{name}" style="template" required="true"/>' for name in names)
    return f"<resource path={quoteattr(plain)}>{params}{''.join(map(_method, offers))}</resource>"


def _method(offer: Offer) -> str:
    queries = "".join(f'<param name="{name}" style="query"/>' for name in offer.parameters)
    taken = "".join(f"<representation mediaType={quoteattr(media)}/>" for media in offer.takes)
    given = "".join(f"<representation mediaType={quoteattr(media)}/>" for media in offer.gives)
    response = f"<response>{given}</response>" if given else ""
    return f'<method name="{offer.method}"><request>{queries}{taken}</request>{response}</method>'


def as_json(by_path: Mapping[str, Sequence[Offer]], base: str) -> bytes:
    """Give the same as JSON, for people and scripts."""
    resources = [{"path": path, "methods": [_described(offer) for offer in offers]} for path, offers in by_path.items()]
    return orjson.dumps({"base": base, "resources": resources})


def _described(offer: Offer) -> dict[str, object]:
    return {
        "name": offer.method,
        "parameters": list(offer.parameters),
        "takes": list(offer.takes),
        "gives": list(offer.gives),
    }
