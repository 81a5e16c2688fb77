"""Objects over the wire to a real server, by pynetdicom and by requests, with what the server answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import requests
from pydicom import dcmread
from pydicom.dataset import Dataset

from crash.objects import Sent
from peers.pynet import TITLE, associated
from peers.server import Running
from radiotheque.dicom.syntaxes import EXPLICIT_LE

DICOM = 'multipart/related; type="application/dicom"'
SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700  # PS3.4 table B.2-1


@dataclass(frozen=True, slots=True)
class Told:
    """What a C-STORE was answered with."""

    status: int
    comment: str


def know(house: Running, *titles: str) -> None:
    """Make the senders of these tests known peers."""
    for title in titles or (TITLE,):
        house.add_peer(title, 104)


def c_store(house: Running, sent: Sent, file: bytes, *, calling: str = TITLE) -> Told:
    """Send an object (`file` is it as a Part 10 file) in an association of its own."""
    with associated(house.dicom, [(sent.sop_class, EXPLICIT_LE)], calling=calling) as link:
        answer: Dataset = link.send_c_store(dcmread(BytesIO(file)))
    return Told(int(answer.get("Status", -1)), str(answer.get("ErrorComment", "")))


def stow(house: Running, session: requests.Session, files: Sequence[bytes]) -> requests.Response:
    """Store files by STOW-RS (PS3.18 10.5)."""
    parts = b"".join(b"--B0UND\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n" for file in files)
    headers = {"Content-Type": f"{DICOM}; boundary=B0UND", "Accept": "application/dicom+json"}
    return session.post(f"{house.web}/studies", data=parts + b"--B0UND--\r\n", headers=headers, timeout=120)


def found(house: Running, session: requests.Session, instance: str) -> int:
    """Give how many instances QIDO-RS finds under a UID. A refusal fails the test with its words."""
    answer = session.get(f"{house.web}/instances", params={"SOPInstanceUID": instance}, timeout=60)
    assert answer.status_code in (200, 204), answer.text
    return len(answer.json()) if answer.status_code == 200 else 0


def given_back(house: Running, session: requests.Session, sent: Sent) -> bytes:
    """Retrieve a study's instances by WADO-RS and give the body."""
    answer = session.get(f"{house.web}/studies/{sent.study}", headers={"Accept": DICOM}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.content
