"""The web door put together: gate, JSON API, documents, health, metrics, and whatever routes the other tongues add."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import RadiothequeError
from radiotheque.core.ports import Act
from radiotheque.wire.web.answers import Problem, problem
from radiotheque.wire.web.api import (
    annotations,
    changes,
    chores,
    corrections,
    deidentified,
    images,
    operations,
    patients,
    people,
    preferences,
    printing,
    protocols,
    sessions,
    studies,
    video,
    views,
    worklist,
)
from radiotheque.wire.web.gate import API, Gate
from radiotheque.wire.web.identify import Proxies
from radiotheque.wire.web.invalid import invalid
from radiotheque.wire.web.pages import page_routes
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services
from radiotheque.wire.web.taste import chosen

_FOLDER = Path(__file__).parent
_DOCS_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

type Lifespan = Callable[[ASGIApp], AbstractAsyncContextManager[None]]


def create_web_app(
    services: Services, extra_routes: Sequence[BaseRoute] = (), *, lifespan: Lifespan | None = None
) -> Gate:
    """Give the ASGI application of the web door.

    `extra_routes` are plain Starlette routes of other tongues: they are reached behind the gate, without FastAPI
    around them. `lifespan` is entered when the server starts and left when it ends.
    """
    plain = _Shaped([*extra_routes, *_own_routes(services)])
    return Gate(
        _Split(create_api(services), plain, lifespan),
        services.security.policy,
        Proxies.parse(services.trusted_proxies),
        services.max_json_bytes,
        services.observe,
        _turned_away(services),
        chosen(services),
    )


def create_status_app(services: Services, *, lifespan: Lifespan | None = None) -> Gate:
    """Give the web door of a node that serves no web: it says how the node stands, and its metrics."""
    plain = _Shaped(_own_routes(services)[:2])
    return Gate(
        _Split(None, plain, lifespan),
        services.security.policy,
        Proxies.parse(services.trusted_proxies),
        services.max_json_bytes,
        services.observe,
        _turned_away(services),
        chosen(services),
    )


class _Shaped(Router):
    """Looks first at routes of the request's shape: number of segments and last word. Patterns of all others cost 2 µs each."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        super().__init__(routes, redirect_slashes=False)
        self._by_shape: dict[tuple[int, str], list[Route]] = {}
        for route in routes:
            if isinstance(route, Route) and ":path}" not in route.path:  # which takes any number of segments
                self._by_shape.setdefault(_shape(route.path), []).append(route)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to its route; what has none of its shape is tried against all."""
        segments, last = _shape(scope["path"])
        for shape in ((segments, last), (segments, "")):
            for route in self._by_shape.get(shape, ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.update(found)
                    await route.handle(scope, receive, send)
                    return
        await super().app(scope, receive, send)


def _shape(path: str) -> tuple[int, str]:
    """Give how many segments a path has, and the last of them, "" for a parameter of a route."""
    last = path.rpartition("/")[2]
    return path.count("/"), "" if last.startswith("{") else last


class _Split:
    """Sends `/api` to FastAPI and everything else straight to its route."""

    def __init__(self, api: FastAPI | None, plain: Router, lifespan: Lifespan | None) -> None:
        self.api = api
        self.plain = plain
        self._lifespan = lifespan or _nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self.api is not None and scope["path"].startswith(API):
            await self.api(scope, receive, send)
        else:
            scope["app"] = self  # so that the router raises what it does not find, and the gate answers it
            await self.plain(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Open the house before the first request and close it after the last (ASGI lifespan 2.0).

        A failure is always said to the server: one that is merely raised it takes for "no lifespan here", and
        would serve without a house.
        """
        await receive()
        house = self._lifespan(self)
        try:
            await house.__aenter__()
        except RadiothequeError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        except BaseException as error:
            await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await house.__aexit__(None, None, None)
        await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def _nothing(_app: ASGIApp) -> AsyncIterator[None]:
    yield


def create_api(services: Services) -> FastAPI:
    """Give the JSON API with its description at `/api/openapi.json` and its pages at `/api/docs`."""
    api = FastAPI(
        title="Radiotheque",
        version=version("radiotheque"),
        description="Whatever a person can click here, a script can call.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={400: {"description": "Problem (RFC 9457)"}, 401: {"description": "Sign in"}},
    )
    screens = (worklist, views, patients, annotations, printing, preferences, protocols)
    for part in (
        sessions,
        studies,
        images,
        video,
        *screens,
        changes,
        corrections,
        deidentified,
        people,
        operations,
        chores,
    ):
        # as they are, not as an included router: the inventory sees each
        api.router.routes.extend(part.routes(services).routes)
    api.router.routes.append(Route("/api/docs", _docs_page, name="docs"))
    api.router.routes.append(Mount("/api/docs", StaticFiles(directory=_FOLDER / "swagger"), name="docs-assets"))
    language = chosen(services)

    async def answer(request: Request, error: Exception) -> Response:
        tongue = await language(request.scope)
        return _response(problem(error, request.scope["state"]["request_id"], tongue))

    async def answer_invalid(request: Request, error: Exception) -> Response:
        faults = error.errors() if isinstance(error, RequestValidationError) else []
        return _response(invalid(faults, request.scope["state"]["request_id"], await language(request.scope)))

    api.add_exception_handler(RadiothequeError, answer)
    api.add_exception_handler(HTTPException, answer)
    api.add_exception_handler(RequestValidationError, answer_invalid)
    return api


def _own_routes(services: Services) -> list[BaseRoute]:
    may_see = Needs(Permission.OPS_SEE, services.security.audit)

    async def health(_request: Request) -> Response:
        """Say whether the house stands, and nothing else: anyone may ask."""
        healthy = await run_in_threadpool(lambda: all(check.healthy for check in services.health()))
        answer = {"status": "ok" if healthy else "failing"}
        return JSONResponse(answer, 200 if healthy else 503, {"cache-control": "no-store"})

    def metrics(request: Request) -> Response:
        """Give the metrics in the Prometheus exposition format."""
        may_see(request)
        return Response(services.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [
        Route("/healthz", health),
        Route("/metrics", metrics),
        *page_routes(_FOLDER / "static"),
    ]


async def _docs_page(_request: Request) -> Response:
    return FileResponse(_FOLDER / "swagger" / "index.html", headers={"content-security-policy": _DOCS_POLICY})


def _turned_away(services: Services) -> Callable[[Caller], None]:
    def note(caller: Caller) -> None:
        services.security.audit.read(Act(caller, "sign-in", outcome="refused"))

    return note


def _response(answer: Problem) -> Response:
    response = Response(answer.body, answer.status)
    response.raw_headers = list(answer.headers)
    return response


def inventory(gate: Gate) -> list[tuple[str, str]]:
    """Give every (method, path) that the web door answers, for tests to walk; a folder of files is its path and `*`."""
    split = gate.app
    if not isinstance(split, _Split):
        return []
    routers = (split.api.router, split.plain) if split.api is not None else (split.plain,)
    return sorted({pair for router in routers for pair in _walk(router.routes)})


def _walk(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield "GET", f"{route.path}/*"
        elif isinstance(route, Route):
            for method in sorted(route.methods or ()):
                yield method, route.path
