"""The engine laid open in a browser: the test page, built and served under the application's own policy."""

import base64
import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page

from shared import REPOSITORY
from tools.frontend import FRONTEND, install, node

type Array = np.ndarray[Any, Any]

BUILT = REPOSITORY / "build" / "testpage"
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
"""The policy that the application's page has."""

_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".wasm": "application/wasm"}


def build() -> None:
    """Build the page, unless it is of these sources; two who ask at once do not take each other's files away."""
    stamp = BUILT.with_suffix(".sha256")
    BUILT.parent.mkdir(exist_ok=True)
    with BUILT.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = _inputs()
        if stamp.exists() and stamp.read_text() == wanted and (BUILT / "testpage.html").exists():
            return
        failed = install() or node(
            "node_modules/vite/bin/vite.js", "build", "-c", "engine/testpage.config.ts", "--logLevel", "error"
        )
        assert not failed, "the engine's test page does not build"
        stamp.write_text(wanted)


def _inputs() -> str:
    sources = [*(FRONTEND / "engine").iterdir(), FRONTEND / "package-lock.json"]
    return sha256(b"".join(path.read_bytes() for path in sorted(sources) if path.is_file())).hexdigest()


@dataclass(slots=True)
class Shelf:
    """A server of the page and of frames; `asked` notes the ranges that were asked for, "" for a whole body."""

    url: str = ""
    frames: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def put(self, name: str, body: bytes, media_type: str = "image/jphc") -> str:
        """Keep a frame; give its address."""
        self.frames[name] = (media_type, body)
        return f"/frames/{name}"


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, shelf: Shelf, *arguments: Any) -> None:
        self.shelf = shelf
        super().__init__(*arguments)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Give a file of the page or a frame."""
        if self.path.startswith("/frames/"):
            self._frame(self.path.removeprefix("/frames/"))
        else:
            self._file(BUILT / self.path.lstrip("/"))

    def _file(self, path: Path) -> None:
        found = path.is_file()
        headers = {"Content-Type": _TYPES.get(path.suffix, "text/plain"), "Content-Security-Policy": POLICY}
        self._send(200 if found else 404, headers, path.read_bytes() if found else b"")

    def _frame(self, name: str) -> None:
        wanted = self.headers.get("Range", "")
        self.shelf.asked.append((name, wanted))
        if name not in self.shelf.frames:
            self._send(404, {"Content-Type": "application/problem+json"}, b'{"title":"Not found","detail":"gone"}')
            return
        media_type, body = self.shelf.frames[name]
        headers = {"Content-Type": media_type, "ETag": '"one"', "Accept-Ranges": "bytes", "Cache-Control": "no-store"}
        if not wanted:
            self._send(200, headers, body)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last) + 1 if last else len(body), len(body))
        content = {"Content-Range": f"bytes {start}-{stop - 1}/{len(body)}"}
        self._send(206, headers | content, body[start:stop])

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving() -> Iterator[Shelf]:
    """Serve the page and frames on a free port of this machine."""
    shelf = Shelf()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, shelf))
    server.daemon_threads = True
    shelf.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def stored(cells: Array) -> dict[str, Any]:
    """Give cells as the page takes them: (rows, columns) integers, or (rows, columns, 4) uint8 RGBA."""
    kind = "rgba" if cells.ndim == 3 else str(cells.dtype)
    data = base64.b64encode(np.ascontiguousarray(cells).tobytes()).decode()
    return {"rows": cells.shape[0], "columns": cells.shape[1], "dtype": kind, "data": data}


def model(cells: Array, bits: int, **changes: Any) -> dict[str, Any]:
    """Give a render model of cells, shown over all their bits."""
    signed = cells.dtype.kind == "i"
    half = 0.0 if signed else float(1 << (bits - 1))
    return {
        "instance": "1.2.3",
        "frame": 1,
        "frames": 1,
        "rows": cells.shape[0],
        "columns": cells.shape[1],
        "kind": "colour" if cells.ndim == 3 else "grey",
        "pixels": {"codec": "htj2k", "url": "", "bits": bits, "signed": signed, "size": 0, "lossless": True},
        "invert": False,
        "modality": {"slope": 1.0, "intercept": 0.0, "unit": "", "lut": None},
        "voi": [{"explanation": "", "centre": half, "width": float(1 << bits), "function": "LINEAR", "lut": None}],
        "presentation_lut": None,
        "padding": None,
        "shutter": None,
        "overlays": [],
        "aspect": 1.0,
        **changes,
    }


def picture(cells: Array, seen: dict[str, Any], mode: str, **asked: Any) -> dict[str, Any]:
    """Give what is to be drawn: the cells in their own size, pixel by pixel, unless `asked` says other."""
    rows, columns = cells.shape[:2]
    view = {"zoom": 1, "centre": [columns / 2, rows / 2], **asked.pop("view", {})}
    return {"model": seen, "stored": stored(cells), "size": [columns, rows], "mode": mode, "view": view, **asked}


def drawn(page: Page, asked: dict[str, Any], how: str = "draw") -> Array:
    """Give what the page draws: (rows, columns, 3) uint8."""
    answer = page.evaluate(f"asked => engine.{how}(asked)", asked)
    if how == "draw":
        assert answer["mode"] == asked["mode"]
    return pixels(answer)


def pixels(answer: dict[str, Any]) -> Array:
    """Give the pixels of an answer, (rows, columns, 3) uint8; they are opaque."""
    rgba = np.frombuffer(base64.b64decode(answer["pixels"]), np.uint8).reshape(answer["height"], answer["width"], 4)
    assert (rgba[..., 3] == 255).all()
    return rgba[..., :3]
