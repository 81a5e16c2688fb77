"""Frames by their byte ranges: the bytes that pydicom gives, found without reading the pixels."""

import warnings
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from dicom_oracle import every_file, read
from radiotheque.core.errors import Damaged, NotFound, RadiothequeError, Unsupported
from radiotheque.core.instance import Form
from radiotheque.dicom.filemeta import file_meta, split
from radiotheque.dicom.frames import PixelLayout, pixel_layout
from radiotheque.dicom.framing import reading
from radiotheque.dicom.header import read_head
from radiotheque.dicom.syntaxes import EXPLICIT_BE, EXPLICIT_LE, JPEG_BASELINE, RLE_LOSSLESS

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

CLASS = "1.2.840.10008.5.1.4.1.1.7.3"
# Files whose pixels are fewer than their header claims, or that pydicom cannot cut into frames
ODD = frozenset(
    (
        "frames_2147483647.dcm",
        "truncated_pixels.dcm",
        "too_short.dcm",
        "rgb_without_planar.dcm",
        "fragment_length_overrun.dcm",
        "rows_zero.dcm",
    )
)


def layout_of(data: bytes, syntax: str) -> PixelLayout:
    offset = split(data)[1]
    return pixel_layout(reading(data), len(data), transfer_syntax=syntax, dataset_offset=offset)


@pytest.mark.parametrize("path", [path for path in every_file() if path.name not in ODD], ids=lambda path: path.name)
def test_every_frame_is_the_one_pydicom_gives(path: Path) -> None:
    data = path.read_bytes()
    try:
        header = read_head(data, form=Form.PART10)
    except RadiothequeError as error:
        pytest.skip(f"refused: {error}")
    dataset = read(data)
    try:
        layout = layout_of(data, header.transfer_syntax)
        got = [layout.frame(number + 1) for number in range(len(layout.spans))]
    except RadiothequeError as error:
        pytest.skip(f"no whole frames in it: {error}")
    if "PixelData" not in dataset:
        pytest.skip("pydicom sees no Pixel Data in it")
    try:
        count = int(dataset.get("NumberOfFrames") or 1)
        if layout.encapsulated:
            wanted = list(generate_frames(dataset.PixelData, number_of_frames=count))
        else:
            samples = 2 if dataset.PhotometricInterpretation == "YBR_FULL_422" else dataset.get("SamplesPerPixel", 1)
            bits = dataset.Rows * dataset.Columns * samples * dataset.BitsAllocated
            wanted = [dataset.PixelData[at * bits // 8 : ((at + 1) * bits + 7) // 8] for at in range(count)]
    except (ValueError, TypeError) as error:
        pytest.skip(f"pydicom cannot cut it: {error}")
    assert got == wanted
    if header.pixel_offset >= 0:
        assert layout.offset == header.pixel_offset


def a_file(frames: int, syntax: str, pixels: bytes, *, extended: tuple[bytes, bytes] = (b"", b"")) -> bytes:
    dataset = Dataset()
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = frames, 2, 3
    dataset.SamplesPerPixel, dataset.BitsAllocated, dataset.PhotometricInterpretation = 1, 16, "MONOCHROME2"
    if extended[0]:
        dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = extended
    dataset.add_new(0x7FE00010, "OW" if syntax == EXPLICIT_LE else "OB", pixels)
    dataset["PixelData"].is_undefined_length = syntax != EXPLICIT_LE
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = False, True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_dataset(stream, dataset)
    return file_meta(CLASS, "1.2.3", syntax) + stream.getvalue()


FRAMES = [b"\xff\xd8\xff" + bytes([number]) * (11 + 2 * number) for number in range(4)]


@pytest.mark.parametrize("has_offsets", [True, False])
@pytest.mark.parametrize("fragments", [1, 2, 3])
def test_fragments_are_put_together_by_table_or_by_their_beginnings(has_offsets: bool, fragments: int) -> None:
    pixels = encapsulate(FRAMES, fragments_per_frame=fragments, has_bot=has_offsets)
    layout = layout_of(a_file(4, JPEG_BASELINE, pixels), JPEG_BASELINE)
    assert [layout.frame(number) for number in (1, 2, 3, 4)] == FRAMES
    assert [len(spans) for spans in layout.spans] == [fragments] * 4


def test_an_extended_offset_table_tells_frames_apart() -> None:
    pixels, offsets, lengths = encapsulate_extended([b"\1" * 4, b"\2" * 6])
    layout = layout_of(a_file(2, RLE_LOSSLESS, pixels, extended=(offsets, lengths)), RLE_LOSSLESS)
    assert [layout.frame(1), layout.frame(2)] == [b"\1" * 4, b"\2" * 6]


def test_frames_that_nothing_tells_apart_are_unsupported() -> None:
    pixels = encapsulate([b"\1" * 4, b"\2" * 6, b"\3" * 2], has_bot=False)
    with pytest.raises(Unsupported, match="3 fragments hold 2 frames"):
        layout_of(a_file(2, RLE_LOSSLESS, pixels), RLE_LOSSLESS)


def test_a_native_frame_is_one_range_read() -> None:
    data = a_file(3, EXPLICIT_LE, bytes(range(36)))
    asked: list[tuple[int, int]] = []

    def reader(start: int, stop: int) -> bytes:
        asked.append((start, stop))
        return data[start:stop]

    layout = pixel_layout(reader, len(data), transfer_syntax=EXPLICIT_LE, dataset_offset=split(data)[1])
    assert layout.frame(2) == bytes(range(12, 24))
    assert layout.spans[1] == ((len(data) - 24, len(data) - 12),)


def test_a_frame_that_is_not_there_is_not_found() -> None:
    layout = layout_of(a_file(3, EXPLICIT_LE, bytes(36)), EXPLICIT_LE)
    for number in (0, 4, -1):
        with pytest.raises(NotFound):
            layout.frame(number)


def test_a_claim_of_two_billion_frames_costs_nothing() -> None:
    layout = layout_of(a_file(2_147_483_647, EXPLICIT_LE, bytes(36)), EXPLICIT_LE)
    assert len(layout.spans) == 3
    with pytest.raises(Unsupported):
        layout_of(a_file(2_147_483_647, RLE_LOSSLESS, encapsulate([b"ab", b"cd"])), RLE_LOSSLESS)


def test_cut_pixels_are_damaged() -> None:
    with pytest.raises(Damaged):
        layout_of(a_file(1, EXPLICIT_LE, bytes(12))[:-2], EXPLICIT_LE).frame(1)


def test_an_object_without_pixels_has_no_frames() -> None:
    with pytest.raises(NotFound):
        layout_of(file_meta(CLASS, "1.2.3", EXPLICIT_LE) + b"\x10\0\x20\0LO\x02\0AB", EXPLICIT_LE)


def test_pixels_of_an_icon_are_not_those_of_the_image() -> None:
    dataset = Dataset()
    icon = Dataset()
    icon.Rows, icon.Columns, icon.BitsAllocated, icon.SamplesPerPixel = 1, 1, 8, 1
    icon.add_new(0x7FE00010, "OB", b"\7\7")
    dataset.Rows, dataset.Columns, dataset.BitsAllocated, dataset.SamplesPerPixel = 1, 2, 16, 1
    dataset.IconImageSequence = [icon]
    dataset.add_new(0x7FE00010, "OW", b"\1\2\3\4")
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = False, False
    write_dataset(stream, dataset)
    layout = layout_of(file_meta(CLASS, "1.2.3", EXPLICIT_BE) + stream.getvalue(), EXPLICIT_BE)
    assert layout.frame(1) == b"\1\2\3\4"
    assert (layout.big_endian, layout.sample_bytes) == (True, 2)


def test_empty_pixels_are_no_frames() -> None:
    with pytest.raises(NotFound, match="empty"):
        layout_of(a_file(1, EXPLICIT_LE, b""), EXPLICIT_LE)
    only_a_table = b"\xfe\xff\x00\xe0\0\0\0\0"
    assert len(layout_of(a_file(1, JPEG_BASELINE, only_a_table), JPEG_BASELINE).spans) == 0
