"""Every route of the web door: who may come without signing in, and which permission it asks for."""

import re

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from radiotheque.core.caller import Permission
from radiotheque.security import Security
from radiotheque.wire.web.gate import is_anonymous
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.shell import inventory
from unit.wire.web.conftest import Sign
from unit.wire.web.talk import Shelf, ask, door

ANONYMOUS = {"/", "/app", "/app/{place:path}", "/healthz", "/static/*"}
ANONYMOUS_ACTS = {("POST", "/api/session")}
ANY_CALLER = {"/api/preferences", "/api/me", "/api/session"}


async def study(_request: Request) -> Response:
    return Response(b"")


PLAIN = [Route("/dicom-web/studies/{study}", study), Route("/wado", study)]


def filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "1", path).replace("*", "file")


def test_only_the_listed_routes_answer_without_signing_in(security: Security, shelf: Shelf) -> None:
    web = door(security, shelf, PLAIN)
    routes = inventory(web)
    assert len(routes) > 30
    open_routes = {(method, path) for method, path in routes if ask(web, method, filled(path)).status != 401}
    assert {path for method, path in open_routes if method in ("GET", "HEAD")} == ANONYMOUS
    assert {(method, path) for method, path in open_routes if method not in ("GET", "HEAD")} == ANONYMOUS_ACTS


def test_no_path_is_anonymous_by_accident() -> None:
    for path in (
        "/apps",
        "/app/../api/me",
        "/healthz/",
        "/healthz/x",
        "/static",
        "/statics/x",
        "/api/healthz",
        "//static/x",
        "/static/../api/me",
    ):
        assert not is_anonymous(path)
    assert not is_anonymous("/api/session")
    assert not is_anonymous("/api/session", "DELETE")
    assert not is_anonymous("/static/x", "POST")


def test_every_route_of_the_api_asks_for_a_permission(security: Security, shelf: Shelf) -> None:
    web = door(security, shelf)
    api = web.app.api  # type: ignore[attr-defined]
    for route in api.routes:
        if isinstance(route, APIRoute) and route.path not in ANY_CALLER:
            needed = [call.call for call in route.dependant.dependencies if isinstance(call.call, Needs)]
            assert len(needed) == 1, route.path


def test_a_caller_without_the_permission_is_refused_and_audited(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("auditor")
    for method, path in inventory(web):
        if (
            path.startswith("/api/")
            and path not in ANY_CALLER
            and not path.startswith("/api/audit")
            and "docs" not in path
            and "openapi" not in path
        ):
            answer = ask(web, method, filled(path), signed, given={})
            assert answer.status in (400, 403, 405), path  # a body is understood before the route is entered
    security.audit.flush()
    refused = [entry.kind for entry in security.audit.entries(limit=1000) if entry.outcome == "refused"]
    assert Permission.STUDY_FIND in refused


def test_metrics_ask_for_a_permission(security: Security, shelf: Shelf, sign: Sign) -> None:
    web = door(security, shelf)
    assert ask(web, "GET", "/metrics", sign("clinician")).status == 403
    text = ask(web, "GET", "/metrics", sign("monitor")).body.decode()
    assert "radiotheque_http_requests_total" in text


def test_the_description_of_the_api_is_openapi_3_and_names_every_route(
    security: Security, shelf: Shelf, sign: Sign
) -> None:
    web = door(security, shelf)
    described = ask(web, "GET", "/api/openapi.json", sign("clinician")).json()
    assert described["openapi"].startswith("3.")
    paths = {
        path for _, path in inventory(web) if path.startswith("/api/") and "docs" not in path and "openapi" not in path
    }
    assert set(described["paths"]) == paths


def test_the_pages_of_the_api_load_nothing_from_elsewhere(security: Security, shelf: Shelf, sign: Sign) -> None:
    web, signed = door(security, shelf), sign("clinician")
    page = ask(web, "GET", "/api/docs", signed)
    assert page.status == 200
    named = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    for name in named:
        assert not re.match(r"https?:|//", name)
        if not name.startswith("data:"):
            assert ask(web, "GET", f"/api/{name}", signed).status == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
