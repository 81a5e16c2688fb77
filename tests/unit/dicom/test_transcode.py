"""A transcoded instance has the same elements and the same pixels, said by pydicom and DCMTK."""

import io
import shutil
import subprocess

import numpy as np
import pydicom
import pytest

from dicom_oracle import iod_errors
from phantoms import part10, phantom, phantom_dataset, phantom_pixels
from radiotheque.core.errors import Damaged, Unsupported
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import decode_frame, pixel_info
from radiotheque.dicom.reading import frame_bytes
from radiotheque.dicom.transcode import LOSSLESS_SOURCES, transcode, transcode_frames
from shared import samples, shared

PLAIN = (ts.EXPLICIT_LE, ts.IMPLICIT_LE, ts.EXPLICIT_BE, ts.DEFLATED_LE)
PACKED = (
    ts.RLE_LOSSLESS,
    ts.JPEG_LOSSLESS_SV1,
    ts.JPEG_LS_LOSSLESS,
    ts.JPEG_2000_LOSSLESS,
    ts.JPEG_XL_LOSSLESS,
    ts.HTJ2K_LOSSLESS,
    ts.HTJ2K_LOSSLESS_RPCL,
    ts.DEFLATED_IMAGE_FRAME,
)
DESCRIBES_PIXELS = {
    "PixelData",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "HighBit",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "DataSetTrailingPadding",
    "LUTData",
}


def read(data):
    return pydicom.dcmread(io.BytesIO(data))


def decoded(ds):
    """Give the pixels of all frames, big endian ones as pydicom reads them: their bytes lie in words."""
    if ds.file_meta.TransferSyntaxUID == ts.EXPLICIT_BE:
        pixels = ds.pixel_array
        return pixels if int(ds.get("NumberOfFrames") or 1) > 1 else pixels[np.newaxis]
    info = pixel_info(ds, ds.file_meta.TransferSyntaxUID)
    return np.stack([decode_frame(data, info, bit=bit) for data, bit in frame_bytes(ds, info)])


def elements(ds):
    """Everything that is not about how pixels are laid out, and is read alike whatever the syntax says of VRs."""
    return {
        element.tag: element.value
        for element in ds.iterall()
        if element.keyword and element.keyword not in DESCRIBES_PIXELS and element.VR not in ("SQ", "OW")
    }


@pytest.mark.parametrize("target", [*PLAIN, ts.JPEG_LS_LOSSLESS, ts.HTJ2K_LOSSLESS_RPCL])
@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore")
def test_every_sample_keeps_its_elements_and_its_pixels(path, target):
    source = pydicom.dcmread(path, force=True)
    if source.get("Rows", 0) * source.get("Columns", 0) > 3 << 20 or "DirectoryRecordSequence" in source:
        pytest.skip("large, and others of its kind are here; or a DICOMDIR")
    if "PixelData" not in source and ts.SYNTAXES[target].encapsulated:
        pytest.skip("no image")
    try:
        made = read(transcode(path.read_bytes(), target))
    except (Unsupported, Damaged) as refusal:
        pytest.skip(str(refusal))
    assert made.file_meta.TransferSyntaxUID == target
    assert elements(made) == elements(source)
    if source.get("PixelData"):
        assert np.array_equal(decoded(made), decoded(source))


@pytest.mark.parametrize("target", PACKED)
@pytest.mark.parametrize(
    "wishes",
    [
        {"bits_stored": 8},
        {"bits_stored": 12, "rows": 31, "columns": 33},
        {"bits_stored": 16},
        {"bits_stored": 12, "signed": True},
        {"bits_stored": 10, "frames": 3, "modality": "RF"},
        {"bits_stored": 8, "photometric": "RGB", "planar": 1, "modality": "OT"},
        {"bits_stored": 8, "photometric": "PALETTE COLOR", "modality": "OT"},
    ],
    ids=str,
)
def test_there_and_back_gives_the_pixels_that_were_drawn(wishes, target):
    packed = transcode(phantom(**wishes), target)
    assert np.array_equal(decoded(read(packed)), phantom_pixels(**wishes))
    back = read(transcode(packed, ts.EXPLICIT_LE))
    assert back.PhotometricInterpretation == wishes.get("photometric", "MONOCHROME2")
    assert np.array_equal(back.pixel_array.reshape(phantom_pixels(**wishes).shape), phantom_pixels(**wishes))


@pytest.mark.parametrize("target", [t for t in PACKED if t not in (ts.JPEG_XL_LOSSLESS, ts.DEFLATED_IMAGE_FRAME)])
@pytest.mark.parametrize("wishes", [{}, {"photometric": "RGB", "bits_stored": 8, "modality": "OT"}], ids=str)
def test_pydicom_decodes_what_is_written(wishes, target):
    made = read(transcode(phantom(**wishes), target))
    assert np.array_equal(made.pixel_array, phantom_pixels(**wishes)[0])


DCMTK = {ts.RLE_LOSSLESS: "dcmdrle", ts.JPEG_LOSSLESS_SV1: "dcmdjpeg", ts.JPEG_LS_LOSSLESS: "dcmdjpls"}


@pytest.mark.parametrize("target", DCMTK)
@pytest.mark.parametrize("wishes", [{}, {"photometric": "RGB", "bits_stored": 8, "modality": "OT"}], ids=str)
@pytest.mark.skipif(shutil.which("dcmdjpls") is None, reason="DCMTK is not installed")
def test_dcmtk_decodes_what_is_written(wishes, target, tmp_path):
    packed, plain = tmp_path / "packed.dcm", tmp_path / "plain.dcm"
    packed.write_bytes(transcode(phantom(**wishes), target))
    subprocess.run([DCMTK[target], str(packed), str(plain)], check=True, capture_output=True)
    assert np.array_equal(pydicom.dcmread(plain).pixel_array, phantom_pixels(**wishes)[0])


@pytest.mark.parametrize("target", PLAIN)
@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="DCMTK is not installed")
def test_dcmtk_reads_the_same_from_every_uncompressed_syntax(target, tmp_path):
    def dump(data):
        path = tmp_path / "one.dcm"
        path.write_bytes(data)
        said = subprocess.run(["dcmdump", "+L", str(path)], check=True, capture_output=True, text=True).stdout
        lines = [line for line in said.splitlines() if line.startswith("(") and not line.startswith(("(0002", "(7fe0"))]
        return [line.split(" #")[0].replace("OB ", "OW ").strip() for line in lines]

    table = [3, 0, 16]
    extra = {"VOILUTSequence": [lut(table, b"\0\0\x2c\1\xff\xff")], "OverlayRows": None}
    file = phantom(extra={**extra, "RedPaletteColorLookupTableData": b"\1\2\3\4"})
    assert dump(transcode(file, target)) == dump(file) or target != ts.EXPLICIT_LE
    assert dump(transcode(transcode(file, target), ts.EXPLICIT_LE)) == dump(file)


DCIODVFY_CANNOT = (ts.DEFLATED_LE, ts.DEFLATED_IMAGE_FRAME)
"""It is built without zlib, and takes the younger of the two for native."""


@pytest.mark.peer("dciodvfy")
@pytest.mark.parametrize("target", [t for t in (*PLAIN, *PACKED) if t not in DCIODVFY_CANNOT])
@pytest.mark.parametrize("wishes", [{}, {"photometric": "RGB", "bits_stored": 8, "modality": "OT"}], ids=str)
def test_dciodvfy_finds_no_more_in_what_is_written_than_in_what_came(wishes, target, tmp_path):
    before, after = tmp_path / "before.dcm", tmp_path / "after.dcm"
    before.write_bytes(phantom(**wishes))
    after.write_bytes(transcode(phantom(**wishes), target))
    assert iod_errors(after) <= iod_errors(before)


def lut(descriptor, data):
    item = pydicom.Dataset()
    item.LUTDescriptor, item.LUTData = descriptor, data
    return item


def test_bytes_written_as_big_endian_words_are_put_into_order():
    ds = phantom_dataset(bits_stored=8, syntax=ts.EXPLICIT_BE)
    ds.PixelData = np.frombuffer(ds.PixelData, "u2").byteswap().tobytes()
    ds["PixelData"].VR = "OW"
    made = read(transcode(part10(ds, ts.EXPLICIT_BE), ts.EXPLICIT_LE))
    assert np.array_equal(made.pixel_array, phantom_pixels(bits_stored=8)[0])


def test_an_htj2k_rpcl_frame_has_the_progression_the_precision_and_the_index_it_promises():
    ds = read(transcode(phantom(bits_stored=12, rows=200, columns=180), ts.HTJ2K_LOSSLESS_RPCL))
    (stream, _), *_ = frame_bytes(ds, pixel_info(ds, ts.HTJ2K_LOSSLESS_RPCL))
    siz, cod = stream.index(b"\xff\x51"), stream.index(b"\xff\x52")
    assert stream[siz + 40] + 1 == 12  # Ssiz: bits less one, unsigned (ISO 15444-1 A.5.1)
    assert stream[cod + 5] == 2  # SGcod: RPCL (ISO 15444-1 Table A.16)
    assert stream[cod + 12 : cod + 14][1] == 1  # SPcod: the reversible 5-3 wavelet
    assert b"\xff\x55" in stream[: stream.index(b"\xff\x93")]  # TLM in the main header
    assert b"\xff\x50" in stream[: siz + 60]  # CAP: this is Part 15


def test_lossy_images_are_decompressed_but_never_compressed_again():
    file = phantom(bits_stored=8, syntax=ts.JPEG_BASELINE)
    plain = read(transcode(file, ts.EXPLICIT_LE))
    assert plain.LossyImageCompression == "01"
    assert np.array_equal(plain.pixel_array, decoded(read(file))[0])
    with pytest.raises(Unsupported, match="lossy"):
        transcode(file, ts.JPEG_LS_LOSSLESS)
    assert ts.JPEG_BASELINE not in LOSSLESS_SOURCES


def test_a_lossy_target_is_refused():
    with pytest.raises(Unsupported):
        transcode(phantom(bits_stored=8), ts.JPEG_BASELINE)


def test_an_object_without_image_has_no_compressed_form_but_every_plain_one():
    ds = phantom_dataset()
    del ds.PixelData
    file = part10(ds)
    with pytest.raises(Unsupported):
        transcode(file, ts.RLE_LOSSLESS)
    assert read(transcode(file, ts.IMPLICIT_LE)).PatientID == "PH-0001"


def test_the_same_syntax_gives_the_same_bytes():
    file = phantom()
    assert transcode(file, ts.EXPLICIT_LE) == file


def test_overlays_in_high_bits_are_moved_before_pixels_are_compressed():
    ds = phantom_dataset(rows=8, columns=8, bits_stored=12)
    drawn = np.frombuffer(ds.PixelData, "<u2").reshape(8, 8)
    dots = np.eye(8, dtype="<u2")
    ds.PixelData = (drawn | dots << 13).tobytes()
    for element, vr, value in ((0x10, "US", 8), (0x11, "US", 8), (0x40, "CS", "G"), (0x50, "SS", [1, 1])):
        ds.add_new((0x6000, element), vr, value)
    ds.add_new((0x6000, 0x100), "US", 16)
    ds.add_new((0x6000, 0x102), "US", 13)
    made = read(transcode(part10(ds), ts.JPEG_LS_LOSSLESS))
    assert np.array_equal(made.pixel_array, drawn)
    assert np.array_equal(made.overlay_array(0x6000), dots)


def test_frames_alone_are_transcoded_as_the_whole_is():
    file = phantom(frames=3, modality="RF")
    ds = read(file)
    size = pixel_info(ds, ts.EXPLICIT_LE).frame_bits // 8
    head = file[: file.index(ds.PixelData) - 12]
    packed = transcode_frames(head, [ds.PixelData[size : 2 * size], ds.PixelData[:size]], ts.HTJ2K_LOSSLESS_RPCL)
    whole = read(transcode(file, ts.HTJ2K_LOSSLESS_RPCL))
    expected = [data for data, _ in frame_bytes(whole, pixel_info(whole, ts.HTJ2K_LOSSLESS_RPCL))]
    assert packed == [expected[1], expected[0]]
    assert transcode_frames(head, [ds.PixelData[:size]], ts.EXPLICIT_LE) == [ds.PixelData[:size]]


def test_a_compressed_frame_alone_comes_back_plain():
    file = phantom(syntax=ts.JPEG_2000_LOSSLESS)
    ds = read(file)
    (frame, _), *_ = frame_bytes(ds, pixel_info(ds, ts.JPEG_2000_LOSSLESS))
    head = file[: file.index(b"\xe0\x7f\x10\x00")]
    assert transcode_frames(head, [frame], ts.EXPLICIT_LE) == [phantom_pixels().astype("<u2").tobytes()]


@pytest.mark.parametrize("name", ["frames_2147483647", "too_short", "rle_segment_count_255", "j2k_giant_dimensions"])
@pytest.mark.filterwarnings("ignore")
def test_hostile_pixels_are_refused(name):
    from radiotheque.core.errors import RadiothequeError

    with pytest.raises(RadiothequeError):
        transcode(shared("hostile", "pixels", f"{name}.dcm").read_bytes(), ts.JPEG_LS_LOSSLESS)
