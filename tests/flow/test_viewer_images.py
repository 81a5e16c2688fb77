"""Images in by one tongue and out to the viewer: models and frames of all that is kept, and clear words for what is ill."""

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import requests
from PIL import Image

from peers.processes import wait_for
from peers.server import Running
from phantoms import phantom, phantom_dataset, phantom_pixels
from radiotheque.core.errors import RadiothequeError
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import decode_frame, pixel_info
from radiotheque.dicom.reading import frame_bytes, read_part10
from shared import consistent, packaged_good, shared_dicom

TIMEOUT_S = 60
BODY_TYPES = {"htj2k": "image/jphc", "jpeg": "image/jpeg", "png": "image/png", "raw": "application/octet-stream"}
MAY_REFUSE = {404, 406, 413, 415}
"""No image in it, bytes that contradict the header, over a limit, a syntax or an object that is not drawn."""


@pytest.fixture(scope="module")
def session(archive: Running) -> Iterator[requests.Session]:
    with archive.session() as session:
        yield session


def stowed(archive: Running, session: requests.Session, file: bytes) -> requests.Response:
    headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
    return session.post(f"{archive.web}/studies", data=file, headers=headers, timeout=TIMEOUT_S)


def place(archive: Running, uids: Sequence[str]) -> str:
    return f"{archive.url}/api/studies/{uids[0]}/series/{uids[1]}/instances/{uids[2]}"


def uids_of(**wishes: object) -> tuple[str, str, str]:
    ds = phantom_dataset(**wishes)  # type: ignore[arg-type]
    return str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID)


def test_an_image_that_came_by_stow_is_drawn_from_its_model(archive: Running, session: requests.Session) -> None:
    wishes = {"patient_id": "VIEW-1", "rows": 600, "columns": 500}
    assert stowed(archive, session, phantom(**wishes)).ok  # type: ignore[arg-type]
    model = session.get(f"{place(archive, uids_of(**wishes))}/render-model", timeout=TIMEOUT_S).json()
    assert (model["rows"], model["columns"], model["pixels"]["codec"]) == (600, 500, "htj2k")
    address = archive.url + model["pixels"]["url"]
    whole = session.get(address, timeout=TIMEOUT_S)
    assert np.array_equal(imagecodecs.htj2k_decode(whole.content), phantom_pixels(**wishes)[0])  # type: ignore[arg-type]
    first = session.get(address, headers={"Range": "bytes=0-9999"}, timeout=TIMEOUT_S)
    assert (first.status_code, first.content) == (206, whole.content[:10000])
    again = session.get(address, headers={"If-None-Match": whole.headers["ETag"]}, timeout=TIMEOUT_S)
    assert again.status_code == 304


def test_frames_of_a_run_are_each_their_own(archive: Running, session: requests.Session) -> None:
    wishes = {"patient_id": "VIEW-2", "modality": "XA", "frames": 4, "bits_stored": 10}
    assert stowed(archive, session, phantom(**wishes)).ok  # type: ignore[arg-type]
    where = place(archive, uids_of(**wishes))
    model = session.get(f"{where}/render-model", params={"frame": "3"}, timeout=TIMEOUT_S).json()
    assert (model["frame"], model["frames"]) == (3, 4)
    assert model["cine"]["fps"] == pytest.approx(1000 / 66, abs=0.01)
    pixels = phantom_pixels(**wishes)  # type: ignore[arg-type]
    for number in range(1, 5):
        address = archive.url + model["pixels"]["url"].replace("/frames/3", f"/frames/{number}")
        answer = session.get(address, timeout=TIMEOUT_S)
        assert "immutable" in answer.headers["Cache-Control"]
        assert np.array_equal(imagecodecs.htj2k_decode(answer.content), pixels[number - 1])


def test_nobody_sees_what_is_not_for_them(archive: Running, session: requests.Session) -> None:
    wishes = {"patient_id": "VIEW-3"}
    assert stowed(archive, session, phantom(**wishes)).ok  # type: ignore[arg-type]
    where = place(archive, uids_of(**wishes))
    secret = archive.run("token", "create", "elsewhere", "--role", "clinician", "--allow", "nobody").strip()
    for path in ("render-model", "frames/1", "thumbnail"):
        assert requests.get(f"{where}/{path}", timeout=TIMEOUT_S).status_code == 401
        other = requests.get(f"{where}/{path}", headers={"Authorization": f"Bearer {secret}"}, timeout=TIMEOUT_S)
        assert (other.status_code, other.json()["status"]) == (404, 404)


def test_what_was_rejected_is_gone(archive: Running, session: requests.Session) -> None:
    wishes = {"patient_id": "VIEW-4"}
    assert stowed(archive, session, phantom(**wishes)).ok  # type: ignore[arg-type]
    uids = uids_of(**wishes)
    where = place(archive, uids)
    address = session.get(f"{where}/render-model", timeout=TIMEOUT_S).json()["pixels"]["url"]
    assert session.delete(f"{archive.web}/studies/{uids[0]}", timeout=TIMEOUT_S).ok
    assert session.get(f"{where}/render-model", timeout=TIMEOUT_S).status_code == 410
    assert session.get(archive.url + address, timeout=TIMEOUT_S).status_code == 410


def test_a_look_is_in_the_audit_trail(archive: Running, session: requests.Session) -> None:
    wishes = {"patient_id": "VIEW-5"}
    assert stowed(archive, session, phantom(**wishes)).ok  # type: ignore[arg-type]
    uids = uids_of(**wishes)
    session.get(f"{place(archive, uids)}/frames/1", timeout=TIMEOUT_S)

    def noted() -> bool:
        trail = session.get(f"{archive.url}/api/audit", params={"limit": "200"}, timeout=TIMEOUT_S).json()
        entries = trail["entries"] if isinstance(trail, dict) else trail
        return any(entry["kind"] == "view" and entry["study"] == uids[0] for entry in entries)

    wait_for(noted)


def samples() -> Sequence[Path]:
    return shared_dicom("dicom") or packaged_good()


def test_every_real_image_is_given_pixel_by_pixel(archive: Running, session: requests.Session) -> None:
    shown = 0
    for sample in consistent(samples()):
        if not stowed(archive, session, sample.path.read_bytes()).ok:
            continue
        expected = stored_pixels(sample.path)
        where = place(archive, (sample.study, sample.series, sample.instance))
        answer = session.get(f"{where}/render-model", timeout=TIMEOUT_S)
        if expected is None:
            assert answer.status_code in (200, *MAY_REFUSE), sample.path.name
            continue
        assert answer.ok, (sample.path.name, answer.text)
        model = answer.json()
        frame = session.get(archive.url + model["pixels"]["url"], timeout=TIMEOUT_S)
        assert frame.headers["Content-Type"] == BODY_TYPES[model["pixels"]["codec"]], sample.path.name
        assert session.get(f"{where}/thumbnail", timeout=TIMEOUT_S).ok, sample.path.name
        if model["kind"] == "grey" and model["pixels"]["lossless"]:
            assert np.array_equal(imagecodecs.htj2k_decode(frame.content), expected), sample.path.name
        elif model["kind"] == "colour":
            assert Image.open(io.BytesIO(frame.content)).size == (model["columns"], model["rows"])
        shown += 1
    assert shown >= 10


def stored_pixels(path: Path) -> np.ndarray | None:
    """The stored values of the first frame, None where there is no image that can be decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ds, syntax = read_part10(path.read_bytes())
            info = pixel_info(ds, syntax)
            if ts.SYNTAXES.get(ts.UID(syntax)) is None or ts.SYNTAXES[ts.UID(syntax)].video:
                return None
            return decode_frame(frame_bytes(ds, info)[0][0], info)
        except RadiothequeError:
            return None


def test_hostile_files_have_words_and_the_next_one_is_shown(archive: Running, session: requests.Session) -> None:
    seen, files = 0, shared_dicom("hostile")
    for path in files:
        answer = stowed(archive, session, path.read_bytes())
        if not answer.ok:
            continue
        (kept,) = answer.json()["00081199"]["Value"]
        where = kept.get("00081190", {}).get("Value")
        if not where:  # in quarantine
            continue
        uids = where[0].split("/")[-5::2]
        seen += 1
        for what in ("render-model", "frames/1", "thumbnail"):
            found = session.get(f"{place(archive, uids)}/{what}", timeout=TIMEOUT_S)
            assert found.status_code in (200, 400, *MAY_REFUSE), (path.name, what, found.text)
            if not found.ok:
                assert found.json()["title"], path.name
    assert seen >= len(files) // 4
    wishes = {"patient_id": "VIEW-6"}
    assert stowed(archive, session, phantom(**wishes)).ok  # type: ignore[arg-type]
    assert session.get(f"{place(archive, uids_of(**wishes))}/frames/1", timeout=TIMEOUT_S).ok


def test_a_radiograph_of_today_is_encoded_before_anybody_asks(
    radiotheque: Callable[..., Running],
) -> None:
    archive = radiotheque(env={"RADIOTHEQUE_SETTLE_S": "0"})
    wishes = {"patient_id": "VIEW-7", "study_date": datetime.now(UTC).strftime("%Y%m%d")}
    with archive.session() as session:
        assert stowed(archive, session, phantom(**wishes)).ok  # type: ignore[arg-type]
        where = place(archive, uids_of(**wishes))
        wait_for(lambda: session.get(f"{where}/render-model", timeout=TIMEOUT_S).json()["pixels"]["size"] > 0)
