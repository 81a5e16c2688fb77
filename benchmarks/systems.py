"""The systems under test: our server, sealed and unsealed, and Orthanc as Debian ships it and tuned."""

import json
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Tree
from peers.orthanc import Orthanc, start_orthanc
from peers.server import Running, start_radiotheque

PEER = "Orthanc 1.10.1 (Debian 12) as shipped"
TUNED = "Orthanc tuned (no fsync, no MD5, 128 KiB PDU)"
NODELAY = "Orthanc with TCP_NODELAY=1"
SEALED = "sealed"
UNSEALED = "unsealed"
STORE_SCP = "MOVEDEST"
TUNING = {"SyncStorageArea": False, "StoreMD5ForAttachments": False, "MaximumPduLength": 131072}
SETTLE_S = "2"  # a series settles 2 s after its last image, so that a trial sees all the work that follows it
IDLE_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class System:
    """One server under test. `token` signs HTTP requests in, "" where the server knows no users."""

    name: str
    dicom: tuple[str, int]
    aet: str
    http: tuple[str, int]
    token: str
    pid: int

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def tree(self) -> Tree:
        """Give the accounting of all its processes."""
        return Tree((self.pid,))

    def wait_until_idle(self) -> None:
        """Return when its outbox is empty; at once for a server that has none."""
        end = time.monotonic() + IDLE_TIMEOUT_S
        while self.token and self._waiting():
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name}: work was still waiting after {IDLE_TIMEOUT_S:.0f} s")
            time.sleep(0.5)  # the asking costs what it is charged to

    def _waiting(self) -> int:
        url = f"http://{self.http[0]}:{self.http[1]}/api/status"
        with urllib.request.urlopen(urllib.request.Request(url, headers=self.headers), timeout=30) as answer:
            return outbox_depth(json.load(answer))


def outbox_depth(status: Mapping[str, Any]) -> int:
    """Give how many events and jobs wait, from the answer of /api/status; chores wait for their hour and do not count."""
    return sum(number for kind, number in status["waiting"].items() if kind != "chore")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which systems a benchmark compares, where they keep their files, and where a C-MOVE goes."""

    place: Path
    names: tuple[str, ...] = (UNSEALED, SEALED, PEER)
    store_port: int = 11199
    env: tuple[tuple[str, str], ...] = ()


@contextmanager
def running(wanted: Wanted) -> Iterator[dict[str, System]]:
    """Start the wanted systems, each with an empty store, and end them by pid."""
    with ExitStack() as stack:
        systems: dict[str, System] = {}
        for number, name in enumerate(wanted.names):
            place = wanted.place / f"{number}-{name.split()[0]}"
            start = _ours if name in (SEALED, UNSEALED) else _orthanc
            system, stop = start(name, place, wanted)
            stack.callback(stop)
            systems[name] = system
        yield systems


def _ours(name: str, place: Path, wanted: Wanted) -> tuple[System, Any]:
    env = {"RADIOTHEQUE_SETTLE_S": SETTLE_S, **dict(wanted.env)}
    archive: Running = start_radiotheque(place, sealing="on" if name == SEALED else "off", env=env)
    archive.add_peer("BENCH", 11198, "--destinations", STORE_SCP)
    archive.add_peer(STORE_SCP, wanted.store_port)
    system = System(name, archive.dicom, archive.aet, archive.http, archive.token, archive.pid)
    return system, archive.stop


def _orthanc(name: str, place: Path, wanted: Wanted) -> tuple[System, Any]:
    options = TUNING if name == TUNED else {}
    env = {"TCP_NODELAY": "1"} if name == NODELAY else {}
    peers = {"bench": ("BENCH", 11198), "dest": (STORE_SCP, wanted.store_port)}
    peer: Orthanc = start_orthanc(place, peers=peers, options=options, env=env)
    system = System(name, ("127.0.0.1", peer.dicom), peer.aet, ("127.0.0.1", peer.http), "", peer.child.pid)
    return system, peer.stop
