"""The archive as its users run it: the real command line in child processes, on loopback."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from peers.processes import Child, start

READY_S = 60.0


@dataclass(slots=True)
class Running:
    """A running archive. `http` and `dicom` are (host, port); `token` is an administrator's bearer token."""

    data: Path
    child: Child
    http: tuple[str, int]
    dicom: tuple[str, int]
    env: dict[str, str]
    options: dict[str, Any]
    token: str = ""
    aet: str = "RADIOTHEQUE"
    ready: dict[str, Any] = field(default_factory=dict)

    @property
    def pid(self) -> int:
        return self.child.pid

    @property
    def url(self) -> str:
        """The root of the web server, without a slash at its end."""
        return f"http://{self.http[0]}:{self.http[1]}"

    @property
    def web(self) -> str:
        """The root of the DICOMweb service, without a slash at its end."""
        return f"{self.url}/dicom-web"

    def session(self) -> requests.Session:
        """Give an HTTP session that is signed in as administrator."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.token}"
        return session

    def run(self, *arguments: str) -> str:
        """Run `radiotheque ARGUMENTS` beside the server and give what it prints."""
        return run(self.env, *arguments)

    def add_peer(self, aet: str, port: int, *options: str) -> None:
        """Make `aet` on 127.0.0.1:`port` a known peer."""
        self.run("peer", "add", aet, f"127.0.0.1:{port}", *options)

    def stop(self) -> None:
        """End the server in order."""
        self.child.end()

    def kill(self) -> None:
        """End the server and its children at once (SIGKILL)."""
        self.child.kill()

    def restart(self) -> None:
        """Start again on the same data, on new ports."""
        again = _serve(self.data, self.env, self.options)
        self.child, self.http, self.dicom, self.ready = again.child, again.http, again.dicom, again.ready


def run(env: dict[str, str], *arguments: str) -> str:
    """Run the command line and give its standard output; an error of the command fails the test with its words."""
    done = subprocess.run(
        [sys.executable, "-m", "radiotheque", *arguments], env=env, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise AssertionError(f"radiotheque {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def start_radiotheque(  # the options of `serve`, by name
    place: Path,
    *,
    sealing: str = "on",
    database: str = "",
    blobs: str = "",
    aets: Sequence[str] = (),
    extra: Sequence[str] = (),
    env: dict[str, str] | None = None,
) -> Running:
    """Start the archive with all it keeps below `place`, and sign an administrator in."""
    place.mkdir(parents=True, exist_ok=True)
    own = {
        **os.environ,
        "RADIOTHEQUE_DATA": str(place / "data"),
        "RADIOTHEQUE_KEYS": str(place / "keys"),
        "PYTHONUNBUFFERED": "1",
        **(env or {}),
    }
    options = {"sealing": sealing, "database": database, "blobs": blobs, "aets": tuple(aets), "extra": tuple(extra)}
    running = _serve(place / "data", own, options)
    try:
        running.token = running.run("token", "create", "tests", "--role", "administrator").strip()
    except BaseException:
        running.kill()
        raise
    return running


def _serve(data: Path, env: dict[str, str], options: dict[str, Any]) -> Running:
    command = [sys.executable, "-m", "radiotheque", "serve", "--data", str(data)]
    command += ["--http", "127.0.0.1:0", "--dicom", "127.0.0.1:0", "--demo-keys", "--sealing", options["sealing"]]
    for name in ("database", "blobs"):
        command += [f"--{name}", options[name]] if options[name] else []
    for aet in options["aets"]:
        command += ["--aet", aet]
    child = start([*command, *options["extra"]], data.parent / "serve.log", env)
    line = child.first_line(READY_S)
    if not line:
        child.kill()
        raise AssertionError(f"the archive did not start: {child.said()}")
    ready = json.loads(line)
    return Running(
        data, child, _address(ready["http"]), _address(ready.get("dicom", "127.0.0.1:0")), env, options, ready=ready
    )


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)
