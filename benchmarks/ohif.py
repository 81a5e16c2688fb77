"""OHIF as it is shipped, at an address of its own, pointed at a DICOMweb service: the viewer that others are set beside."""

import gzip
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tools.frontend import node, node_folder

VERSION = "3.13.2"
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_CONFIG = """window.config = {
  routerBasename: "/", extensions: [], modes: [], showStudyList: true, maxNumberOfWebWorkers: 3,
  investigationalUseDialog: { option: "never" }, defaultDataSourceName: "dicomweb",
  dataSources: [{
    namespace: "@ohif/extension-default.dataSourcesModule.dicomweb", sourceName: "dicomweb",
    configuration: {
      friendlyName: "archive", name: "archive", qidoRoot: "%(root)s", wadoRoot: "%(root)s", wadoUriRoot: "%(root)s",
      qidoSupportsIncludeField: true, imageRendering: "wadors", thumbnailRendering: "wadors",
      enableStudyLazyLoad: true, supportsWildcard: true, omitQuotationForMultipartRequest: true,
    },
  }],
};
"""

type _Give = Callable[[str], tuple[bytes, str]]


def ohif_dist(folder: Path) -> Path:
    """Give the built application of the npm package `@ohif/app`, fetched into `folder` on first use."""
    dist = folder / "package" / "dist"
    if not dist.exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node(str(npm), "pack", "--silent", "--pack-destination", str(folder), f"@ohif/app@{VERSION}"):
            raise SystemExit(f"npm does not give @ohif/app@{VERSION}, which the viewer is measured beside")
        with tarfile.open(folder / f"ohif-app-{VERSION}.tgz") as archive:
            archive.extractall(folder, filter="data")
    return dist


@contextmanager
def serving(dist: Path, dicomweb: str) -> Iterator[str]:
    """Serve the application for the block, pointed at a DICOMweb root; give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(_shelf(dist, dicomweb)))
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _shelf(dist: Path, dicomweb: str) -> _Give:
    """Give what gives the gzipped body and the media type of a name; each is compressed once, as a web server does."""

    @lru_cache(maxsize=4096)
    def give(name: str) -> tuple[bytes, str]:
        path = (dist / name).resolve()
        if not path.is_relative_to(dist.resolve()) or not path.is_file():
            path = dist / "index.html"  # the routes of the application are its own
        data = (_CONFIG % {"root": dicomweb}).encode() if path.name == "app-config.js" else path.read_bytes()
        return gzip.compress(data, 6), _TYPES.get(path.suffix, "application/octet-stream")

    return give


def _handler(give: _Give) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            data, kind = give(self.path.partition("?")[0].lstrip("/"))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
