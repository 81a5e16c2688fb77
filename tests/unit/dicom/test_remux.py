"""H.264 out of transport streams into MP4 (ISO/IEC 13818-1, 14496-12): the same pictures, as FFmpeg decodes them."""

from pathlib import Path

import cv2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clips import COLUMNS, FRAMES, ROWS, grey, mp4, picture, picture_set, sequence_set, transport_stream
from radiotheque.core.errors import RadiothequeError, Undecodable, Unsupported
from radiotheque.dicom.h264 import nal_units, sequence_of
from radiotheque.dicom.remux import PIECE_BYTES, to_mp4

PACKET = 188
FULL_HD = "67640028acd940780227e584000003000400000300f03c60c658"
"""The sequence parameter set that x264 writes for 1920 × 1080: High Profile, level 4.0, cropped from 1088 rows."""


def greys(film: bytes, place: Path) -> list[int]:
    path = place / "film.mp4"
    path.write_bytes(film)
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    assert (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (COLUMNS, ROWS)
    found = []
    while True:
        there, frame = capture.read()
        if not there:
            return found
        found.append(round(float(frame.mean())))


@pytest.mark.parametrize("packet", [188, 192, 204])
def test_every_picture_of_a_transport_stream_is_in_the_file(packet: int, tmp_path: Path) -> None:
    film = b"".join(to_mp4(transport_stream(packet=packet)))
    assert greys(film, tmp_path) == [pytest.approx(grey(number), abs=2) for number in range(FRAMES)]


def test_the_file_says_the_pace(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(mp4())
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(25)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES


def test_what_is_in_the_file_stands_before_its_pictures_so_that_it_plays_while_it_comes() -> None:
    film = mp4()
    assert film[4:8] == b"ftyp"
    assert 0 < film.find(b"moov") < film.find(b"mdat")


def test_a_stream_that_begins_amid_its_pictures_is_given_from_the_first_that_can_be_decoded(tmp_path: Path) -> None:
    whole = transport_stream(6)
    third = [at for at in range(2 * PACKET, len(whole), PACKET) if whole[at + 1] & 0x40][1]
    film = b"".join(to_mp4(whole[: 2 * PACKET] + whole[third:]))  # behind the tables comes a picture of skipped blocks
    assert greys(film, tmp_path) == [pytest.approx(grey(number), abs=2) for number in range(2, 6)]


def test_a_packet_sent_twice_counts_once(tmp_path: Path) -> None:
    whole = transport_stream(4)
    at = 5 * PACKET
    film = b"".join(to_mp4(whole[: at + PACKET] + whole[at:]))
    assert greys(film, tmp_path) == [pytest.approx(grey(number), abs=2) for number in range(4)]


def test_the_padding_of_the_fragment_does_no_harm(tmp_path: Path) -> None:
    assert to_mp4(transport_stream() + b"\0") == to_mp4(transport_stream())


def test_the_pieces_are_of_bounded_size() -> None:
    pieces = to_mp4(transport_stream(2000))
    assert len(pieces) > 1
    assert all(len(piece) < 2 * PIECE_BYTES for piece in pieces)


def test_another_codec_is_not_put_into_mp4() -> None:
    with pytest.raises(Unsupported, match="no video of the kind"):
        to_mp4(transport_stream(stream_type=0x02))


def test_a_scrambled_stream_is_not_put_into_mp4() -> None:
    stream = bytearray(transport_stream(2))
    for at in range(2 * PACKET, len(stream), PACKET):
        stream[at + 3] |= 0x80
    with pytest.raises(Unsupported, match="scrambled"):
        to_mp4(bytes(stream))


@pytest.mark.parametrize("cut", [0, 1, 187, 188, 2 * 188])
def test_a_stream_without_pictures_is_undecodable(cut: int) -> None:
    with pytest.raises(Undecodable):
        to_mp4(transport_stream(2)[:cut])


def test_parameters_that_change_on_the_way_are_refused() -> None:
    stream = transport_stream(4)
    at = stream.rfind(b"\0\0\0\1" + sequence_set())
    changed = bytearray(stream)
    changed[at + 7] = 40  # another level
    with pytest.raises(Unsupported, match="changes its parameters"):
        to_mp4(bytes(changed))


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_it(changes: list[tuple[int, int]]) -> None:
    stream = bytearray(transport_stream(2))
    for at, value in changes:
        stream[at] = value
    try:
        to_mp4(bytes(stream))
    except RadiothequeError:
        return


def test_the_size_of_a_picture_is_that_after_cropping() -> None:
    found = sequence_of(bytes.fromhex(FULL_HD))
    assert (found.columns, found.rows, found.frames_only) == (1920, 1080, True)
    assert found.profile == bytes((100, 0, 40))
    cropped = sequence_of(sequence_set(90, 62))
    assert (cropped.columns, cropped.rows) == (90, 62)


@pytest.mark.parametrize(
    "unit", [b"\x67", bytes.fromhex(FULL_HD)[:6], b"\x67" + bytes(40), b"\x67\x64" + b"\xff" * 2000]
)
def test_broken_parameters_are_undecodable(unit: bytes) -> None:
    with pytest.raises(Undecodable):
        sequence_of(unit)


def test_units_are_told_apart_by_their_start_codes() -> None:
    units = picture(0)
    assert nal_units(b"".join(b"\0\0\0\1" + unit for unit in units)) == units
    assert nal_units(b"\0\0\1" + picture_set() + b"\0\0") == [picture_set()]
