"""`make demo`: the whole archive at work on real radiographs, in the folder ./demo.

Starts the archive on its embedded default, sends it the radiographs of the Python package pydicom-data over
DICOM (DCMTK's dcmsend), finds them by QIDO-RS and C-FIND, retrieves and renders them into
`demo/contact-sheet.png`, and leaves the server running; `--once` stops it after the sheet.
"""

import argparse
import contextlib
import io
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import data_store
import requests
from PIL import Image, ImageDraw
from pydicom import dcmread

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "demo"
READY_S = 60
RADIOGRAPHS = frozenset({"CR", "DX", "MG", "IO", "PX", "RF", "XA", "RG"})
CELL = 360
PEER = "DEMO"


@dataclass(frozen=True, slots=True)
class House:
    """The running archive and a signed-in HTTP session with it."""

    process: subprocess.Popen[bytes]
    http: str
    dicom: tuple[str, str]
    session: requests.Session

    def get(self, path: str, accept: str, **query: str) -> requests.Response:
        """Give the answer of a GET below /dicom-web. Raises `requests.HTTPError`."""
        answer = self.session.get(f"{self.http}/dicom-web{path}", params=query, headers={"Accept": accept}, timeout=120)
        answer.raise_for_status()
        return answer


def main() -> int:
    """Run the demonstration; give the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--once", action="store_true", help="stop the server after the contact sheet")
    once: bool = options.parse_args().once
    FOLDER.mkdir(exist_ok=True)
    with running() as house:
        files = radiographs()
        send(house, files)
        studies = find(house, files)
        sheet = contact_sheet(house, studies)
        say(f"Contact sheet: {sheet.relative_to(ROOT)}")
        if not once:
            say(f"\nThe archive is at {house.http} (DICOM: {house.dicom[0]} port {house.dicom[1]}, title RADIOTHEQUE)")
            say(f"First sign-in: admin / {password_file().read_text().strip()}    Ctrl-C ends it.")
            house.process.wait()
    return 0


def say(text: str) -> None:
    print(text, flush=True)


def password_file() -> Path:
    """Give the file with the first administrator's password; makes one on the first run."""
    path = FOLDER / "first-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12) + "\n")
    return path


@contextlib.contextmanager
def running() -> Iterator[House]:
    """Start the archive on loopback, sign in, and end it by pid at the close."""
    environment = {
        **os.environ,
        "RADIOTHEQUE_DATA": str(FOLDER / "data"),
        "RADIOTHEQUE_KEYS": str(FOLDER / "keys"),
        "RADIOTHEQUE_ADMIN_PASSWORD_FILE": str(password_file()),
    }
    doors = ["--http", f"127.0.0.1:{port(8080)}", "--dicom", f"127.0.0.1:{port(11112)}"]
    with (FOLDER / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", *doors, "--demo-keys"], env=environment, stdout=subprocess.PIPE, stderr=log
        )
    try:
        ready = json.loads(first_line(process))
        token = command(environment, "token", "create", "demo", "--role", "administrator").strip()
        command(environment, "peer", "add", PEER, "127.0.0.1:11199")
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token}"
        host, _, dicom_port = ready["dicom"].rpartition(":")
        yield House(process, f"http://{ready['http']}", (host, dicom_port), session)
    except KeyboardInterrupt:
        say("")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


COMMAND = (sys.executable, "-m", "radiotheque")


def port(wanted: int) -> int:
    """Give `wanted` when it is free on loopback, else 0: any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


def first_line(process: subprocess.Popen[bytes]) -> bytes:
    """Give the line in which the archive says that it is ready; ends the demonstration when there is none."""
    stream = process.stdout
    ready = stream is not None and select.select([stream], [], [], READY_S)[0]
    line = stream.readline() if stream is not None and ready else b""
    if not line:
        process.kill()
        sys.exit(f"The archive did not start; the end of demo/serve.log:\n{(FOLDER / 'serve.log').read_text()[-2000:]}")
    return line


def command(environment: dict[str, str], *arguments: str) -> str:
    """Run the archive's command line beside the server and give what it prints."""
    done = subprocess.run([*COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode:
        sys.exit(f"radiotheque {' '.join(arguments)} failed: {done.stderr or done.stdout}")
    return done.stdout


def radiographs() -> Sequence[Path]:
    """Give the radiographs of pydicom-data, one file an instance (some are there in two encodings under one UID)."""
    chosen: dict[str, Path] = {}
    for path in sorted((Path(data_store.__file__).parent / "data").glob("*.dcm")):
        header = dcmread(path, stop_before_pixels=True, force=True)
        if header.get("Modality") in RADIOGRAPHS:
            chosen.setdefault(str(header.SOPInstanceUID), path)
    return tuple(chosen.values())


def send(house: House, files: Sequence[Path]) -> None:
    """Send with DCMTK's dcmsend, each file in its own transfer syntax."""
    host, dicom_port = house.dicom
    call = ["dcmsend", "--decompress-never", "-aet", PEER, "-aec", "RADIOTHEQUE", host, dicom_port, *map(str, files)]
    dcmtk(call)
    say(f"Sent {len(files)} radiographs by C-STORE (dcmsend).")


def dcmtk(call: Sequence[str]) -> str:
    """Run one of DCMTK's programs and give what it printed."""
    done = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        sys.exit(f"{call[0]} failed:\n{text}")
    return text


def find(house: House, files: Sequence[Path]) -> Sequence[str]:
    """Find the studies by QIDO-RS and by C-FIND, see that both agree, and give their UIDs."""
    wanted = sorted({str(dcmread(path, stop_before_pixels=True).StudyInstanceUID) for path in files})
    by_web = sorted(value(study, "0020000D") for study in house.get("/studies", "application/dicom+json").json())
    host, dicom_port = house.dicom
    keys = ["-k", "0008,0052=STUDY", "-k", "0020,000d", "-k", "0010,0010"]
    heard = dcmtk(["findscu", "-v", "-S", "-aet", PEER, "-aec", "RADIOTHEQUE", *keys, host, dicom_port])
    by_dicom = [uid for uid in wanted if uid in heard]
    if not set(wanted) <= set(by_web) or by_dicom != wanted:
        sys.exit(f"Sent {len(wanted)} studies, found {len(by_web)} by QIDO-RS and {len(by_dicom)} by C-FIND.")
    say(f"Found {len(by_web)} studies by QIDO-RS and {len(by_dicom)} by C-FIND.")
    return wanted


def value(item: dict[str, Any], tag: str) -> str:
    """Give the first value of an attribute in DICOM JSON as text (PS3.18 F.2)."""
    values = item.get(tag, {}).get("Value") or [""]
    return str(values[0].get("Alphabetic", "") if isinstance(values[0], dict) else values[0])


def contact_sheet(house: House, studies: Sequence[str]) -> Path:
    """Retrieve every image as DICOM and rendered, and lay the pictures out on one sheet."""
    cells: list[tuple[Image.Image, str]] = []
    kept = 0
    for study in studies:
        listed = house.get(f"/studies/{study}/instances", "application/dicom+json", includefield="all").json()
        for item in sorted(listed, key=lambda item: value(item, "00080018")):
            path = f"/studies/{study}/series/{value(item, '0020000E')}/instances/{value(item, '00080018')}"
            kept += len(house.get(path, 'multipart/related; type="application/dicom"; transfer-syntax=*').content)
            jpeg = house.get(f"{path}/rendered", "image/jpeg", viewport=f"{CELL},{CELL}").content
            label = f"{value(item, '00080060')} {value(item, '00180015')} {value(item, '00280010')} x {value(item, '00280011')}"
            cells.append((Image.open(io.BytesIO(jpeg)).convert("L"), label))
    say(f"Retrieved {len(cells)} images by WADO-RS ({kept / 1e6:.1f} MB) and rendered them.")
    return lay_out(cells)


def lay_out(cells: Sequence[tuple[Image.Image, str]]) -> Path:
    """Write the sheet: three pictures a row, each with its label under it."""
    across = 3
    rows = -(-len(cells) // across)
    sheet = Image.new("L", (across * CELL, rows * (CELL + 24)), 16)
    pen = ImageDraw.Draw(sheet)
    for number, (picture, label) in enumerate(cells):
        left, top = number % across * CELL, number // across * (CELL + 24)
        picture.thumbnail((CELL, CELL))
        sheet.paste(picture, (left + (CELL - picture.width) // 2, top + (CELL - picture.height) // 2))
        pen.text((left + 8, top + CELL + 5), label, fill=220)
    path = FOLDER / "contact-sheet.png"
    sheet.save(path)
    return path


if __name__ == "__main__":
    sys.exit(main())
