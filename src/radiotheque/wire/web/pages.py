"""The one page of the web application and its files: given to anyone, since nothing of a patient is in them."""

from contextlib import suppress
from hashlib import sha256
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from radiotheque.wire.web.language import LANGUAGES, speaker

PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; media-src 'self' blob:; frame-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""What the page may do. Its files say the same, since a worker has the policy of the file that it is made of."""

_POLICY = {"content-security-policy": PAGE_POLICY}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASSETS = "app/assets/"


def page_routes(static: Path) -> list[BaseRoute]:
    """Give the routes of the page and of the files in the folder `static`, where the build puts them."""
    page = _Page(static / "app" / "index.html")
    return [
        Route("/", _to_the_page),
        Route("/app", page.give),
        Route("/app/{place:path}", page.give),  # the page itself reads what it is to show from its address
        Mount("/static", _Files(directory=static)),
    ]


def _to_the_page(_request: Request) -> Response:
    return RedirectResponse("/app/", 307)


class _Page:
    """The page as it was built, or one that says that it was not."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def give(self, request: Request) -> Response:
        """Give the page; every time it is asked for it is compared with the one that the browser has."""
        try:
            body = self._path.read_bytes()
        except FileNotFoundError:
            return HTMLResponse(not_built(), 503, {"cache-control": "no-store"})
        headers = {**_POLICY, "cache-control": "no-cache", "etag": f'"{sha256(body).hexdigest()[:32]}"'}
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return HTMLResponse(body, headers=headers)


def not_built() -> str:
    """Give the page, in every language, that stands in for one that the build has not made."""
    told = []
    for language in LANGUAGES:
        _ = speaker(language)
        told.append(
            f'<section lang="{language}"><h1>{escape(_("The web application is not here"))}</h1>'
            f"<p>{escape(_('This copy of Radiotheque was installed without it. The archive itself works.'))}</p>"
            f"<p>{escape(_('In a copy of the sources, `make serve` builds it.'))}</p></section>"
        )
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Radiotheque</title></head>'
    return f"{head}<body>{''.join(told)}</body></html>"


class _Files(StaticFiles):
    """Files with the policy of the page; those that are named by their content are kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Give a file, or its compressed copy where there is one and the browser takes it. Raises `HTTPException`."""
        ours = path.startswith("app/")
        if ours and "gzip" in dict(scope["headers"]).get(b"accept-encoding", b"").decode("latin-1"):
            with suppress(HTTPException):
                answer = await super().get_response(f"{path}.gz", scope)
                answer.headers["content-encoding"] = "gzip"
                return _dressed(answer, path)
        answer = await super().get_response(path, scope)
        return _dressed(answer, path) if ours else answer


def _dressed(answer: Response, path: str) -> Response:
    answer.headers.update(_POLICY)
    answer.headers["vary"] = "accept-encoding"
    answer.headers["content-type"] = _MEDIA_TYPES.get(Path(path).suffix, "application/octet-stream")
    answer.headers["cache-control"] = _FOR_EVER if path.startswith(_ASSETS) else "no-cache"
    return answer


_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
"""By suffix, whatever this machine's own table says: a module or a codec of another type is not run."""
