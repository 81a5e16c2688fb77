"""The web server: one granian worker, which holds the whole house in its lifespan."""

import json
import os
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from radiotheque.core.errors import Unavailable

WORKER_STOP_S = 30
REACHED_S = 60.0

_LINES = {"()": "logging.Formatter", "fmt": "[%(levelname)s] %(message)s"}
# to standard error: standard output begins with the ready line
_LOGGING: dict[str, Any] = {
    "formatters": {"generic": _LINES},
    "handlers": {"console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens, over TLS when there is a certificate."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    log_level: str = "info"


def free_port(host: str, port: int) -> int:
    """Give `port`, or for 0 one that is free now. Raises `Unavailable` when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # as the server will: a port in TIME_WAIT is free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                "cannot listen on {host}:{port}: {reason}; choose another by --http",
                host=host,
                port=port,
                reason=error.strerror,
            ) from error
        bound: int = probe.getsockname()[1]
        return bound


def ready_line(**doors: str) -> str:
    """Give the line by which a script learns that the house is open, and where."""
    return json.dumps({"ready": True, **doors})


def say_ready(**doors: str) -> None:
    """Print the ready line to standard output, at once; called when every listener is open."""
    sys.stdout.write(ready_line(**doors) + "\n")
    sys.stdout.flush()


def become_server(target: str, place: Place) -> NoReturn:
    """Replace this process by the server: same process id, without what the command line had loaded (25 MB)."""
    arguments = {"target": target, "host": place.host, "port": place.port, "log_level": place.log_level}
    arguments |= {"certificate": str(place.certificate or ""), "key": str(place.key or "")}
    warnings = [f"-W{option}" for option in sys.warnoptions]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *warnings, "-m", __name__, json.dumps(arguments)])


def _main(text: str) -> None:
    given: dict[str, Any] = json.loads(text)
    certificate, key = (Path(given[name]) if given[name] else None for name in ("certificate", "key"))
    run_server(given["target"], Place(given["host"], given["port"], certificate, key, given["log_level"]))


def say_ready_when_reached(place: tuple[str, int], **doors: str) -> threading.Thread:
    """Say that the house is open once its web door takes connections: the server listens only after the house stands."""

    def wait() -> None:
        end = time.monotonic() + REACHED_S
        while time.monotonic() < end:
            try:
                socket.create_connection(place, timeout=1.0).close()
            except OSError:
                time.sleep(0.01)
            else:
                say_ready(**doors)
                return

    thread = threading.Thread(target=wait, name="say-ready", daemon=True)
    thread.start()
    return thread


def run_server(target: str, place: Place) -> None:
    """Serve the ASGI application that the factory `target` ("module:name") gives, until SIGTERM or SIGINT.

    A request in flight is finished first. Ends the process with code 1 when the worker could not start or died.
    """
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    options: dict[str, Any] = {}
    if place.certificate is not None and place.key is not None:
        # TLS 1.2 as well: many viewers and modalities know no 1.3
        options = {"ssl_cert": place.certificate, "ssl_key": place.key, "ssl_protocol_min": "tls1.2"}
    server = Granian(
        target,
        address=place.host,
        port=place.port,
        interface=Interfaces.ASGI,
        workers=1,
        factory=True,
        websockets=False,
        log_access=False,
        log_level=LogLevels(place.log_level),
        log_dictconfig=_LOGGING,
        workers_kill_timeout=WORKER_STOP_S,
        **options,
    )
    server.serve()


if __name__ == "__main__":
    _main(sys.argv[1])
