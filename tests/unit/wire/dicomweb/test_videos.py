"""Videos as web clients get them: whole, in ranges, as pictures of frames (PS3.18 8.7.3, 8.7.4, 10.4)."""

import pytest

from clips import FRAMES, H264, MPEG2, elementary_stream, mp4, video
from radiotheque.wire.dicomweb import WebSettings, dicomweb_routes
from unit.wire.dicomweb.asgi import Answer, ask
from unit.wire.dicomweb.samples import image
from unit.wire.dicomweb.shelf import Shelf

FILM = mp4()
MPEG_STREAM = b"\0\0\1\xba" + bytes(60)


def kept(stream: bytes = FILM, syntax: str = H264) -> tuple[Shelf, str]:
    shelf = Shelf()
    ds = shelf.put(video(stream, syntax))
    return (
        shelf,
        f"/dicom-web/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}/instances/{ds.SOPInstanceUID}",
    )


def get(shelf: Shelf, url: str, accept: str = "", **headers: str) -> Answer:
    fields = {**({"Accept": accept} if accept else {}), **headers}
    answer = ask(dicomweb_routes(shelf, WebSettings()), "GET", url, fields)
    if "content-length" in answer.headers:
        assert int(answer.headers["content-length"]) == len(answer.body)
    return answer


@pytest.mark.parametrize("accept", ["", "*/*", "video/*", "video/mp4"])
def test_a_video_is_rendered_as_the_mp4_file_that_it_is(accept: str) -> None:
    shelf, one = kept()
    answer = get(shelf, f"{one}/rendered", accept)
    assert (answer.status, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.body[: len(FILM)] == FILM


def test_a_browser_asks_for_ranges() -> None:
    shelf, one = kept()
    url = f"{one}/rendered?accept=video/mp4"
    first = get(shelf, url, "*/*", Range="bytes=0-99")
    assert (first.status, first.body) == (206, FILM[:100])
    size = first.headers["content-range"].removeprefix("bytes 0-99/")
    rest = get(shelf, url, "*/*", Range="bytes=1000-", **{"If-Range": first.headers["etag"]})
    assert (rest.status, rest.headers["content-range"]) == (206, f"bytes 1000-{int(size) - 1}/{size}")
    assert rest.body[: len(FILM) - 1000] == FILM[1000:]
    assert get(shelf, url, "*/*", Range=f"bytes={size}-").status == 416
    assert get(shelf, url, "*/*", **{"If-None-Match": first.headers["etag"]}).status == 304


def test_mpeg_2_is_rendered_as_it_came() -> None:
    shelf, one = kept(MPEG_STREAM, MPEG2)
    answer = get(shelf, f"{one}/rendered", "video/mpeg")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "video/mpeg", MPEG_STREAM)


@pytest.mark.parametrize(
    ("stream", "syntax", "accept"),
    [
        (FILM, H264, "image/jpeg"),
        (FILM, H264, "image/gif"),
        (FILM, H264, "video/mpeg"),
        (MPEG_STREAM, MPEG2, "video/mp4"),
        (elementary_stream(2), H264, "video/mp4"),
    ],
)
def test_what_a_video_is_not_given_as_is_406(stream: bytes, syntax: str, accept: str) -> None:
    shelf, one = kept(stream, syntax)
    assert get(shelf, f"{one}/rendered", accept).status == 406


def test_in_a_study_a_video_that_cannot_be_given_is_left_out_with_206() -> None:
    shelf = Shelf()
    ds = shelf.put(video(elementary_stream(2)))
    shelf.put(image(1, study=str(ds.StudyInstanceUID)))
    answer = get(shelf, f"/dicom-web/studies/{ds.StudyInstanceUID}/rendered")
    assert answer.status == 206
    assert b"image/jpeg" in answer.body
    assert b"video/mp4" not in answer.body


@pytest.mark.parametrize("place", ["pixeldata", "bulkdata", "bulkdata/7FE00010", "frames/1"])
@pytest.mark.parametrize("accept", ["video/mp4", "video/*", f"video/mp4; transfer-syntax={H264}"])
def test_the_bit_stream_is_one_item_of_bulk_data(place: str, accept: str) -> None:
    shelf, one = kept()
    answer = get(shelf, f"{one}/{place}", accept)
    assert (answer.status, answer.headers["content-type"]) == (200, f"video/mp4; transfer-syntax={H264}")
    assert answer.body[: len(FILM)] == FILM
    assert get(shelf, f"{one}/{place}", accept, Range="bytes=5-9").body == FILM[5:10]
    parts = get(shelf, f"{one}/{place}", f'multipart/related; type="{accept.partition(";")[0]}"')
    assert (parts.status, FILM in parts.body) == (200, True)


def test_types_are_told_apart_without_regard_to_case() -> None:
    syntax = "1.2.840.10008.1.2.4.107"
    shelf, one = kept(FILM, syntax)
    for accept in ("video/H265", "video/h265"):
        assert get(shelf, f"{one}/pixeldata", accept).headers["content-type"] == f"video/H265; transfer-syntax={syntax}"


@pytest.mark.parametrize(
    ("place", "accept"),
    [
        ("frames/2", "video/mp4"),
        ("frames/1,2", 'multipart/related; type="video/mp4"'),
        ("frames/1", "image/jpeg"),
        ("frames/1", "video/mp4; transfer-syntax=1.2.840.10008.1.2.4.103"),
        ("pixeldata", "video/mpeg"),
    ],
)
def test_bulk_data_that_a_video_has_not_is_406(place: str, accept: str) -> None:
    shelf, one = kept()
    shelf.transcodes = False
    assert get(shelf, f"{one}/{place}", accept).status == 406


def test_a_frame_that_is_not_there_is_404() -> None:
    shelf, one = kept()
    assert get(shelf, f"{one}/frames/{FRAMES + 1}", "video/mp4").status == 404


def test_by_query_a_video_is_dicom_unless_asked_otherwise() -> None:
    shelf, one = kept()
    _, _, _, study, _, series, _, instance = one.split("/")
    url = f"/wado?requestType=WADO&studyUID={study}&seriesUID={series}&objectUID={instance}"
    assert get(shelf, url).headers["content-type"].startswith("application/dicom")
    film = get(shelf, f"{url}&contentType=video/mp4", Range="bytes=0-9")
    assert (film.status, film.headers["content-type"], film.body) == (206, "video/mp4", FILM[:10])
    assert get(shelf, f"{url}&contentType=image/jpeg").status == 406
