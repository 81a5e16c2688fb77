"""Frames decode to what pydicom and DCMTK decode them to, and hostile ones to a named refusal."""

import io
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from pydicom.encaps import generate_frames

from phantoms import phantom, phantom_pixels
from radiotheque.core.errors import Damaged, TooLarge, Unsupported
from radiotheque.dicom import decode
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import decode_frame, decode_samples, pixel_info
from radiotheque.dicom.encode import LOSSLESS, encode_frame
from radiotheque.dicom.reading import read_part10
from shared import needs_shared, samples, shared


def frames_of(ds):
    info = pixel_info(ds, ds.file_meta.TransferSyntaxUID)
    if not info.native:
        return info, list(generate_frames(ds.PixelData, number_of_frames=info.frames))
    size = info.frame_bits // 8
    return info, [ds.PixelData[i * size : (i + 1) * size] for i in range(info.frames)]


def decoded(ds):
    info, frames = frames_of(ds)
    return np.stack([decode_frame(frame, info) for frame in frames])


NEAR = {
    # OpenJPH and OpenJPEG round the irreversible wavelet differently
    ts.HTJ2K: 1,
}
PYDICOM_CANNOT = {ts.JPEG_EXTENDED, ts.JPEG_XL_LOSSLESS}


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore")
def test_every_sample_image_decodes_to_what_pydicom_decodes(path):
    ds = pydicom.dcmread(path, force=True)
    if "PixelData" not in ds or not ds.PixelData or ds.file_meta.TransferSyntaxUID in PYDICOM_CANNOT:
        pytest.skip("no pixels, or none that pydicom reads")
    ours, theirs = decoded(read_part10(path.read_bytes())[0]), ds.pixel_array
    theirs = theirs.reshape(ours.shape)
    assert ours.dtype == theirs.dtype.newbyteorder("=")
    assert np.abs(ours.astype(np.int64) - theirs).max() <= NEAR.get(ds.file_meta.TransferSyntaxUID, 0)


@pytest.mark.parametrize("name", ["cr/wg04_rg2_hip_jpeg_extended.dcm", "transfer-syntax/hip_jpx.dcm"])
@needs_shared
@pytest.mark.skipif(shutil.which("dcmdjpeg") is None, reason="DCMTK is not installed")
def test_twelve_bit_jpeg_decodes_to_what_dcmtk_decodes(name, tmp_path):
    path, out = shared("dicom", name), tmp_path / "plain.dcm"
    subprocess.run(["dcmdjpeg", str(path), str(out)], check=True, capture_output=True)
    ours, theirs = decoded(pydicom.dcmread(path))[0], pydicom.dcmread(out).pixel_array
    assert np.abs(ours.astype(int) - theirs).max() <= 1  # the two inverse transforms round differently


@needs_shared
@pytest.mark.parametrize("name", ["be", "dfl", "htj2k", "htj2k_rpcl", "impl", "j2k", "jls", "jpl57", "jpll", "rle"])
def test_one_radiograph_is_the_same_in_every_lossless_syntax(name):
    folder = shared("dicom", "transfer-syntax")
    plain = decoded(pydicom.dcmread(folder / "hip_expl.dcm"))
    assert np.array_equal(decoded(pydicom.dcmread(folder / f"hip_{name}.dcm")), plain)


@pytest.mark.parametrize("syntax", sorted(LOSSLESS))
@pytest.mark.parametrize(
    "wishes",
    [
        {"bits_stored": 8},
        {"bits_stored": 7, "bits_allocated": 16, "signed": True},
        {"bits_stored": 10},
        {"bits_stored": 12, "rows": 33, "columns": 31},
        {"bits_stored": 16},
        {"bits_stored": 12, "signed": True},
        {"bits_stored": 16, "signed": True},
        {"bits_stored": 8, "photometric": "RGB"},
    ],
    ids=str,
)
def test_what_is_encoded_losslessly_comes_back_exactly(syntax, wishes):
    drawn = phantom_pixels(**wishes)[0]
    info = replace(pixel_info(pydicom.dcmread(io.BytesIO(phantom(**wishes))), ts.EXPLICIT_LE), syntax=syntax)
    back = decode_frame(encode_frame(drawn, syntax, info.bits_stored), info)
    assert back.dtype == drawn.dtype
    assert np.array_equal(back, drawn)


@pytest.mark.parametrize(
    "wishes",
    [
        {"bits_stored": 1, "rows": 16, "columns": 8},
        {"syntax": ts.EXPLICIT_BE},
        {"syntax": ts.EXPLICIT_BE, "signed": True, "bits_stored": 10},
        {"photometric": "RGB", "bits_stored": 8, "planar": 1},
    ],
    ids=str,
)
def test_native_layouts_decode_to_what_was_drawn(wishes):
    assert np.array_equal(decoded(pydicom.dcmread(io.BytesIO(phantom(**wishes)))), phantom_pixels(**wishes))


def test_frames_of_single_bits_need_not_begin_on_a_byte():
    wishes = {"bits_stored": 1, "rows": 3, "columns": 5, "frames": 3, "modality": "OT"}
    ds = pydicom.dcmread(io.BytesIO(phantom(**wishes)))
    info = pixel_info(ds, ts.EXPLICIT_LE)
    for number, drawn in enumerate(phantom_pixels(**wishes)):
        first = number * 15
        assert np.array_equal(decode_frame(ds.PixelData[first // 8 :], info, bit=first % 8), drawn)


@pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_FULL_422"])
def test_ybr_becomes_rgb_as_pydicom_makes_it(photometric):
    ds = pydicom.dcmread(io.BytesIO(phantom(photometric=photometric, bits_stored=8, modality="OT")))
    assert np.abs(decoded(ds)[0].astype(int) - ds.pixel_array).max() <= 1


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422"])
def test_colour_jpeg_follows_its_own_markers_whatever_the_header_says(photometric):
    wishes = {"photometric": "RGB", "bits_stored": 8, "modality": "OT", "syntax": ts.JPEG_BASELINE}
    ds = pydicom.dcmread(io.BytesIO(phantom(**wishes)))
    ds.PhotometricInterpretation = photometric
    error = decoded(ds).astype(int) - phantom_pixels(**wishes)
    assert np.abs(error).mean() < 5


def test_bits_above_the_high_bit_are_cleared_and_values_shifted_down():
    ds = pydicom.dcmread(io.BytesIO(phantom(rows=1, columns=2, bits_stored=12)))
    info = pixel_info(ds, ts.EXPLICIT_LE)
    assert decode_frame(bytes.fromhex("34f2 ff0f".replace(" ", "")), info).tolist() == [[0x234, 0xFFF]]
    high = replace(info, high_bit=15)
    assert decode_frame(bytes.fromhex("4523ffff"), high).tolist() == [[0x234, 0xFFF]]
    signed = replace(info, signed=True)
    assert decode_frame(bytes.fromhex("ff0f0008"), signed).tolist() == [[-1, -2048]]


@pytest.mark.parametrize("syntax", [ts.HTJ2K_LOSSLESS_RPCL, ts.JPEG_2000_LOSSLESS])
def test_a_smaller_resolution_is_taken_from_the_codestream(syntax):
    ds = pydicom.dcmread(io.BytesIO(phantom(rows=301, columns=203, syntax=syntax)))
    info, frames = frames_of(ds)
    small, _ = decode_samples(frames[0], info, reduce=2)
    whole = decode_frame(frames[0], info).astype(float)
    assert small.shape == (76, 51)
    assert abs(small.mean() - whole.mean()) < 20


def refusing(*_args, **_options):
    raise RuntimeError("not read here")


@pytest.mark.parametrize("codec", ["htj2k_decode", "jpeg2k_decode"])
def test_a_high_throughput_frame_is_decoded_once_by_openjpeg_only_where_openjph_refuses(codec, monkeypatch):
    ds = pydicom.dcmread(io.BytesIO(phantom(rows=40, columns=30, syntax=ts.HTJ2K_LOSSLESS)))
    info, frames = frames_of(ds)
    expected = decode_frame(frames[0], info)
    monkeypatch.setattr(decode.imagecodecs, codec, refusing)
    assert np.array_equal(decode_frame(frames[0], info), expected)


def test_what_no_codec_reads_is_refused_by_name():
    ds = pydicom.dcmread(io.BytesIO(phantom()))
    with pytest.raises(Unsupported, match="given back as is"):
        decode_frame(b"", pixel_info(ds, "1.2.840.10008.1.2.4.102"))


HOSTILE = {
    "bits_stored_over_allocated": Damaged,
    "frames_2147483647": TooLarge,
    "j2k_giant_dimensions": Damaged,
    "jpeg_dimension_mismatch": Damaged,
    "jpeg_lossless_bad_huffman": Damaged,
    "rgb_without_planar": Damaged,
    "rle_segment_count_255": Damaged,
    "rows_zero": Damaged,
    "says_jpeg_is_png": Damaged,
    "too_short": Damaged,
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
@needs_shared
@pytest.mark.filterwarnings("ignore")
def test_a_hostile_image_is_refused_with_its_reason(name):
    ds = pydicom.dcmread(shared("hostile", "pixels", f"{name}.dcm"))
    with pytest.raises(HOSTILE[name]):
        decoded(ds)


@pytest.mark.parametrize("syntax", sorted(LOSSLESS | {ts.JPEG_BASELINE}))
def test_a_codestream_cut_in_the_middle_is_damaged(syntax):
    ds = pydicom.dcmread(io.BytesIO(phantom(bits_stored=8, modality="OT", syntax=syntax)))
    info, frames = frames_of(ds)
    with pytest.raises(Damaged):
        decode_frame(frames[0][: len(frames[0]) // 2], info)
    with pytest.raises(Damaged):
        decode_frame(frames[0][:5], info)
