"""A private Orthanc with its DICOMweb plugin, on loopback and free ports, all its files in one folder."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from peers.processes import Child, free_port, listens, start, wait_until

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


@dataclass(frozen=True, slots=True)
class Orthanc:
    """A running Orthanc. `rest` is the root of its own API, `web` of its DICOMweb service."""

    aet: str
    dicom: int
    http: int
    child: Child

    @property
    def rest(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    @property
    def web(self) -> str:
        return f"{self.rest}/dicom-web"

    def get(self, path: str) -> Any:
        """Give the JSON answer of its API."""
        answer = requests.get(self.rest + path, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        """Post JSON, or bytes as they are, to its API and give the JSON answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = requests.post(self.rest + path, data=data, timeout=120)
        answer.raise_for_status()
        return answer.json()

    def put(self, path: str, body: Any) -> None:
        """Put JSON to its API."""
        requests.put(self.rest + path, data=json.dumps(body), timeout=60).raise_for_status()

    def delete(self, path: str) -> None:
        """Delete by its API."""
        requests.delete(self.rest + path, timeout=60).raise_for_status()

    def know(self, name: str, aet: str, port: int) -> None:
        """Make an AE title on 127.0.0.1 a known modality."""
        self.put(f"/modalities/{name}", {"AET": aet, "Host": "127.0.0.1", "Port": port})

    def stop(self) -> None:
        self.child.end()


def start_orthanc(
    place: Path,
    *,
    aet: str = "ORTHANC",
    peers: Mapping[str, tuple[str, int]] | None = None,
    web_servers: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> Orthanc:
    """Start Orthanc; `peers` maps a name to (AE title, port) on 127.0.0.1, `options` go over the configuration."""
    place.mkdir(parents=True, exist_ok=True)
    dicom, http = free_port(), free_port()
    configuration = {
        "Name": place.name,
        "StorageDirectory": str(place / "store"),
        "IndexDirectory": str(place / "store"),
        "DicomAet": aet,
        "DicomPort": dicom,
        "HttpPort": http,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "Servers": dict(web_servers or {})},
        "DicomModalities": {name: [title, "127.0.0.1", port] for name, (title, port) in (peers or {}).items()},
        **(options or {}),
    }
    path = place / "orthanc.json"
    path.write_text(json.dumps(configuration))
    child = start(["Orthanc", str(path)], place / "orthanc.log", {**os.environ, **(env or {})})
    wait_until(lambda: listens(http) and listens(dicom), child)
    return Orthanc(aet, dicom, http, child)
