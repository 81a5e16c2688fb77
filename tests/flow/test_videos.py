"""Videos in by STOW and out to whoever may see them: played in ranges, as pictures of frames, as they came."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from clips import COLUMNS, FRAMES, H264, MPEG2, ROWS, elementary_stream, grey, mp4, mpeg2, transport_stream, video
from peers.processes import wait_for
from peers.server import Running
from phantoms import phantom, phantom_dataset

TIMEOUT_S = 60


@pytest.fixture(scope="module")
def session(archive: Running) -> Iterator[requests.Session]:
    with archive.session() as session:
        yield session


def kept(archive: Running, session: requests.Session, stream: bytes, name: str, syntax: str = H264) -> tuple[str, str]:
    """Store a video; give its address in the API and in DICOMweb."""
    headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
    file = video(stream, syntax, name=name)
    session.post(f"{archive.web}/studies", data=file, headers=headers, timeout=TIMEOUT_S).raise_for_status()
    ds = phantom_dataset(modality="XC", photometric="RGB", bits_stored=8, study=name, rows=ROWS, columns=COLUMNS)
    path = f"/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}/instances/{ds.SOPInstanceUID}"
    return f"{archive.url}/api{path}", f"{archive.web}{path}"


def test_a_transport_stream_is_played_as_mp4_in_ranges(archive: Running, session: requests.Session) -> None:
    api, web = kept(archive, session, transport_stream(), "flow-ts")
    told = session.get(f"{api}/video", timeout=TIMEOUT_S).json()
    assert told == {
        "container": "mpeg-ts",
        "codec": "h264",
        "media_type": "video/mp4",
        "suffix": ".ts",
        "size_bytes": len(transport_stream()),
        "frames": FRAMES,
        "frame_time_ms": 40.0,
        "why_not": "",
    }
    url = f"{web}/rendered?accept=video/mp4"
    film = session.get(url, timeout=TIMEOUT_S)
    assert (film.status_code, film.headers["Content-Type"], film.content) == (200, "video/mp4", mp4())
    part = session.get(url, headers={"Range": "bytes=10-19", "If-Range": film.headers["ETag"]}, timeout=TIMEOUT_S)
    assert (part.status_code, part.content) == (206, film.content[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(film.content)}"
    again = session.get(url, headers={"If-None-Match": film.headers["ETag"]}, timeout=TIMEOUT_S)
    assert again.status_code == 304
    stream = session.get(f"{web}/pixeldata?accept=video/mp4", timeout=TIMEOUT_S)
    assert stream.content == transport_stream()


def test_a_frame_of_a_video_is_a_picture(archive: Running, session: requests.Session) -> None:
    api, web = kept(archive, session, mp4(), "flow-mp4")
    for url, number in ((f"{web}/frames/9/rendered?accept=image/png", 9), (f"{api}/thumbnail?width=96&frame=9", 9)):
        answer = session.get(url, timeout=TIMEOUT_S)
        picture = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)
        assert picture.shape == (ROWS, COLUMNS, 3)
        assert np.abs(picture - grey(number - 1)).max() <= 4
    middle = session.get(f"{web}/thumbnail", timeout=TIMEOUT_S)
    assert middle.headers["Content-Type"] == "image/jpeg"


def test_mpeg_2_has_pictures_and_its_stream_but_is_no_mp4(
    archive: Running, session: requests.Session, tmp_path: Path
) -> None:
    stream = mpeg2(tmp_path)
    api, web = kept(archive, session, stream, "flow-mpeg2", MPEG2)
    assert session.get(f"{api}/video", timeout=TIMEOUT_S).json()["why_not"] == "codec"
    no = session.get(f"{web}/rendered", headers={"Accept": "video/mp4"}, timeout=TIMEOUT_S)
    assert no.status_code == 406
    given = session.get(f"{web}/rendered", headers={"Accept": "video/mpeg"}, timeout=TIMEOUT_S)
    assert (given.headers["Content-Type"], given.content) == ("video/mpeg", stream)
    assert session.get(f"{api}/thumbnail", timeout=TIMEOUT_S).content[:2] == b"\xff\xd8"


def test_what_cannot_be_decoded_or_put_into_mp4_is_406(archive: Running, session: requests.Session) -> None:
    torn = transport_stream()[: 2 * 188] + bytes(188) * 20
    api, web = kept(archive, session, torn, "flow-torn")
    assert session.get(f"{api}/thumbnail", timeout=TIMEOUT_S).status_code == 406
    assert session.get(f"{web}/rendered?accept=video/mp4", timeout=TIMEOUT_S).status_code == 406
    bare = kept(archive, session, elementary_stream(), "flow-bare")[1]
    refused = session.get(f"{bare}/rendered?accept=video/mp4", timeout=TIMEOUT_S)
    assert (refused.status_code, "container" in refused.json()["detail"]) == (406, True)


def test_nobody_plays_what_is_not_for_them_and_each_look_is_audited(
    archive: Running, session: requests.Session
) -> None:
    api, web = kept(archive, session, mp4(), "flow-secret")
    places = (f"{api}/video", f"{web}/rendered?accept=video/mp4", f"{web}/pixeldata?accept=video/mp4")
    secret = archive.run("token", "create", "not-here", "--role", "clinician", "--allow", "nobody").strip()
    for place in places:
        assert requests.get(place, timeout=TIMEOUT_S).status_code == 401
        other = requests.get(place, headers={"Authorization": f"Bearer {secret}"}, timeout=TIMEOUT_S)
        assert other.status_code == 404
    session.get(places[1], timeout=TIMEOUT_S)
    study = api.partition("/studies/")[2].partition("/")[0]

    def noted() -> bool:
        trail = session.get(f"{archive.url}/api/audit", params={"limit": "200"}, timeout=TIMEOUT_S).json()
        entries = trail["entries"] if isinstance(trail, dict) else trail
        return any(entry["kind"] == "view" and entry["study"] == study for entry in entries)

    wait_for(noted)


def test_an_image_is_no_video(archive: Running, session: requests.Session) -> None:
    headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
    session.post(f"{archive.web}/studies", data=phantom(study="flow-still"), headers=headers, timeout=TIMEOUT_S)
    ds = phantom_dataset(study="flow-still")
    path = f"/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}/instances/{ds.SOPInstanceUID}/video"
    assert session.get(f"{archive.url}/api{path}", timeout=TIMEOUT_S).status_code == 415
