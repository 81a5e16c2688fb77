"""What is offered, put together as routes: one a resource, so that a wrong method is told all the right ones."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from radiotheque.wire.dicomweb.answers import Endpoint, guarded, refusal
from radiotheque.wire.dicomweb.capabilities import Capabilities
from radiotheque.wire.dicomweb.frames import framing
from radiotheque.wire.dicomweb.metadata import describing
from radiotheque.wire.dicomweb.qido import searching
from radiotheque.wire.dicomweb.rendered import rendering
from radiotheque.wire.dicomweb.requests import Desk, Offer
from radiotheque.wire.dicomweb.settings import WebSettings
from radiotheque.wire.dicomweb.stow import storing
from radiotheque.wire.dicomweb.wado import retrieving
from radiotheque.wire.dicomweb.wado_uri import by_query

if TYPE_CHECKING:
    from radiotheque.archive.archive import Archive


def dicomweb_routes(archive: "Archive", settings: WebSettings) -> list[BaseRoute]:
    """Give the routes below `/dicom-web` and of `/wado`; who asks is in the request's state as `caller`."""
    desk = Desk(archive, settings)
    offers = offered(desk)
    described = Capabilities(desk, offers)
    itself = [Offer("OPTIONS", path, described) for path in ("", "/")]
    return [*resources([*offers, *itself], settings.prefix), *resources([by_query(desk)], settings.wado_uri)]


def offered(desk: Desk) -> list[Offer]:
    """Give what is offered below `/dicom-web`."""
    return [*searching(desk), *storing(desk), *retrieving(desk), *describing(desk), *framing(desk), *rendering(desk)]


def resources(offers: Iterable[Offer], prefix: str) -> list[BaseRoute]:
    """Give one route for each path of the offers."""
    by_path: dict[str, dict[str, Endpoint]] = defaultdict(dict)
    for offer in offers:
        by_path[offer.path][offer.method] = guarded(offer.endpoint)
    return [Route(prefix + path, Resource(methods)) for path, methods in by_path.items()]


class Resource:
    """One resource: answers by method, HEAD with the head of GET, anything else with 405 and what is allowed."""

    def __init__(self, methods: dict[str, Endpoint]) -> None:
        self._methods = methods
        heads = ("HEAD",) if "GET" in methods else ()
        self._allowed = ", ".join(sorted((*methods, *heads, *(() if "OPTIONS" in methods else ("OPTIONS",)))))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        method = request.method
        endpoint = self._methods.get("GET" if method == "HEAD" else method)
        if endpoint is not None:
            response = await endpoint(request)
            return headed(response) if method == "HEAD" else response
        if method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self._allowed})
        return refusal(405, f"{method} is not among {self._allowed}", Allow=self._allowed)


def headed(response: Response) -> Response:
    """Give the status line and header fields of a response, without its body (RFC 9110 9.3.2)."""
    bare = Response(status_code=response.status_code)
    bare.raw_headers = response.raw_headers
    return bare
