"""Broken and ill-meant store requests: told precisely, bounded in memory, and what was whole is kept."""

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.wire.dicomweb import WebSettings, dicomweb_routes
from radiotheque.wire.dicomweb.multipart import read_parts
from shared import needs_shared, shared_data
from unit.wire.dicomweb.asgi import Answer, ask
from unit.wire.dicomweb.samples import SERIES, image, multipart
from unit.wire.dicomweb.shelf import Shelf

TYPE = 'multipart/related; type="application/dicom"; boundary=b0undary'


def store(shelf: Shelf, body: bytes, content_type: str = TYPE, **options: int) -> Answer:
    routes = dicomweb_routes(shelf, WebSettings(**options))  # type: ignore[arg-type]
    return ask(routes, "POST", "/dicom-web/studies", {"Content-Type": content_type}, body)


def good(number: int = 1) -> bytes:
    return multipart(("application/dicom", image(number)))[1]


def read_all(body: bytes, boundary: str = "b", size: int = 7) -> list[bytes]:
    pieces = iter([body[at : at + size] for at in range(0, len(body), size)])
    return [b"".join(part.chunks()) for part in read_parts(lambda: next(pieces, b""), boundary, max_parts=100)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no boundary anywhere",
        b"--b0undary",
        b"--b0undary\r\n",
        b"--b0undary\r\nContent-Type: application/dicom\r\n",
        b"--b0undary\r\nContent-Type: application/dicom\r\n\r\n",
        b"--b0undary--\r\n",
        b"--b0undary\nContent-Type: application/dicom\n\nx\n--b0undary--\n",
        b"--b0undaryX\r\n\r\nx\r\n--b0undary--\r\n",
        b"--b0undary  \r\nContent-Type: application/dicom\r\n\r\nx\r\n--b0undary--\r\n",
        b"--b0undary\r\n" + b"X-Long: " + b"a" * 100_000,
        b"--b0undary\r\n" + b"A: b\r\n" * 100 + b"\r\nx\r\n--b0undary--\r\n",
        b"--b0undary\r\n\xff\xfe: x\r\n\r\nx\r\n--b0undary--\r\n",
        b"--b0undary\r\nno colon\r\n\r\nx\r\n--b0undary--\r\n",
        b"\r\n" * 1000,
    ],
)
def test_a_body_that_is_no_multipart_is_refused_and_nothing_kept(body: bytes) -> None:
    shelf = Shelf()
    assert store(shelf, body).status in (400, 413)
    assert not shelf.kept


@pytest.mark.parametrize("boundary", ["", '""', "a" * 5000, '"\t"', "\x7f", "é"])
def test_a_boundary_that_is_none_is_refused(boundary: str) -> None:
    assert store(Shelf(), good(), f"multipart/related; type=application/dicom; boundary={boundary}").status == 400


def test_more_parts_than_allowed_end_the_request_and_what_came_is_kept() -> None:
    shelf = Shelf()
    _, body = multipart(*(("application/dicom", image(number)) for number in range(1, 6)))
    answer = store(shelf, body, max_parts=3)
    assert (answer.status, len(shelf.kept)) == (202, 3)


def test_thousands_of_empty_parts_are_counted_not_kept() -> None:
    answer = store(Shelf(), b"--b0undary\r\n\r\n\r\n" * 5000 + b"--b0undary--\r\n", max_parts=1000)
    assert answer.status in (400, 409, 413)


def test_the_boundary_inside_an_object_is_data_unless_it_stands_on_a_line_of_its_own() -> None:
    tricky = b"--b\r\n\r\nx--b--\r\r\n--c\r\n-b\r\n\r--b\r\n--b--\r\n"
    assert read_all(tricky) == [b"x--b--\r\r\n--c\r\n-b\r\n\r--b"]


@given(data=st.binary(max_size=200), size=st.integers(1, 50))
def test_any_bytes_come_through_whole_however_they_are_cut(data: bytes, size: int) -> None:
    if b"\r\n--b" in b"\r\n" + data + b"\r\n":
        return
    assert read_all(b"--b\r\n\r\n" + data + b"\r\n--b--\r\n", size=size) == [data]


@given(
    data=st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--b", b"b", b"\r\n", b"\r\n--", b"A: b", b"\0"]), max_size=60)
)
def test_runs_of_almost_boundaries_are_read_or_refused(data: list[bytes]) -> None:
    try:
        read_all(b"--b\r\n" + b"".join(data), size=5)
    except (Malformed, TooLarge):
        return


@given(seed=st.integers(0, 1 << 32))
def test_a_damaged_request_is_answered(seed: int) -> None:
    spoiler, body = (
        random.Random(seed),
        bytearray(multipart(("application/dicom", image(1)), ("application/dicom", image(2)))[1]),
    )
    for _ in range(spoiler.randint(1, 8)):
        body[spoiler.randrange(len(body))] = spoiler.randrange(256)
    assert store(Shelf(), bytes(body)).status in (200, 202, 400, 409, 413, 415)


def test_a_body_of_a_hundred_megabytes_passes_in_constant_memory() -> None:
    piece = bytes(256 << 10)

    def body() -> Iterator[bytes]:
        yield b"--b\r\nContent-Type: application/dicom\r\n\r\n"
        for _ in range(400):
            yield piece
        yield b"\r\n--b--\r\n"

    pieces = body()
    tracemalloc.start()
    try:
        sizes = [sum(map(len, part.chunks())) for part in read_parts(lambda: next(pieces, b""), "b", max_parts=9)]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sizes == [400 * len(piece)]
    assert most < 4 << 20


def hostile() -> list[Path]:
    data = shared_data()
    return sorted((data / "hostile").rglob("*.dcm")) if data else []


@needs_shared
def test_hostile_objects_spoil_no_neighbour() -> None:
    shelf = Shelf()
    for path in hostile()[:60]:
        if path.stat().st_size > 4 << 20:
            continue
        parts = (
            ("application/dicom", image(1)),
            ("application/dicom", path.read_bytes()),
            ("application/dicom", image(2)),
        )
        shelf.kept.clear()
        assert store(shelf, multipart(*parts, boundary="0f3c9ab1")[1], TYPE.replace("b0undary", "0f3c9ab1")).status in (
            200,
            202,
            500,
        )
        assert {f"{SERIES}.1"} <= set(shelf.kept)
