"""Frames for the viewer hold every stored value, in the order that lets a preview be drawn from the first bytes."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from phantoms import part10, phantom, phantom_dataset, phantom_pixels
from radiotheque.core.errors import RadiothequeError, Undecodable, Unsupported
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import decode_frame, pixel_info
from radiotheque.dicom.grey import chain_of, default_window, to_greys
from radiotheque.dicom.reading import frame_bytes, read_part10
from radiotheque.dicom.rendermodel import Facts, is_colour, model_of, render_model
from radiotheque.dicom.viewing import drawn_by_browsers, frame_to_view
from shared import packaged_good, samples, shared_dicom

pytestmark = pytest.mark.filterwarnings("ignore")

_VIDEO = "1.2.840.10008.1.2.4.10"


def viewed(file, number=0):
    """The facts and bytes of a frame, given the whole file as its head."""
    ds, syntax = read_part10(file)
    data = frame_bytes(ds, pixel_info(ds, syntax))[number][0]
    facts, body = frame_to_view(file, data, number)
    return Facts.of_json(facts), body


def markers(stream):
    """The marker segments of a codestream's main header, by their code (ISO/IEC 15444-1 A.2)."""
    assert stream[:2] == b"\xff\x4f"
    found, at = {}, 2
    while stream[at : at + 2] != b"\xff\x90":
        code, size = struct.unpack_from(">HH", stream, at)
        found.setdefault(code, []).append(stream[at + 4 : at + 2 + size])
        at += 2 + size
    return found, at


def size_and_depth(stream):
    """Columns, rows and the component's Ssiz of a codestream (A.5.1)."""
    (siz,), _ = markers(stream)[0][0xFF51], 0
    columns, rows, left, top = struct.unpack_from(">IIII", siz, 2)
    return columns - left, rows - top, siz[36]


@pytest.mark.parametrize(
    ("bits", "allocated", "signed"),
    [
        (1, 1, False),
        (6, 8, False),
        (8, 8, False),
        (8, 8, True),
        (8, 16, False),
        (10, 16, False),
        (12, 16, False),
        (12, 16, True),
        (14, 16, False),
        (15, 16, True),
        (16, 16, False),
        (16, 16, True),
        (12, 32, False),
        (16, 32, True),
    ],
)
def test_grey_frames_are_pixel_equal_and_say_their_depth(bits, allocated, signed):
    wishes = {"bits_stored": bits, "bits_allocated": allocated, "signed": signed, "modality": "OT"}
    facts, body = viewed(phantom(**wishes))
    assert (facts.codec, facts.bits, facts.signed, facts.size, facts.lossless) == (
        "htj2k",
        bits,
        signed,
        len(body),
        True,
    )
    assert size_and_depth(body) == (80, 96, bits - 1 | (0x80 if signed else 0))
    stored = phantom_pixels(**wishes)[0]
    assert np.array_equal(imagecodecs.htj2k_decode(body), stored)
    assert (facts.low, facts.high) == (stored.min(), stored.max())


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 3), (64, 64), (200, 150), (2500, 2049), (70, 5000)])
def test_the_markers_are_those_of_htj2k_lossless_rpcl(rows, columns):
    """PS3.5 10.18: RPCL, tile-part lengths, and a smallest size of at most 64; here a tile-part is a resolution."""
    stored = np.random.default_rng(1).integers(0, 4096, (rows, columns), np.uint16)
    ds = phantom_dataset(rows=8, columns=8)
    ds.Rows, ds.Columns, ds.PixelData = rows, columns, stored.tobytes()
    facts, body = viewed(part10(ds))
    if facts.codec == "raw":
        assert np.array_equal(np.frombuffer(body, "<u2").reshape(rows, columns), stored)
        return
    found, header = markers(body)
    (cod,) = found[0xFF52]
    progression, halvings = cod[1], cod[5]
    assert progression == 2  # RPCL (ISO/IEC 15444-1 table A.16)
    assert cod[9] == 1  # the reversible 5-3 filter (table A.20)
    assert cod[8] & 0x40  # high-throughput blocks (ISO/IEC 15444-15)
    assert -(-min(rows, columns) // 2**halvings) <= 64
    lengths = tile_parts(found[0xFF55])
    assert len(lengths) == halvings + 1
    assert header + sum(lengths) <= len(body) <= header + sum(lengths) + 3  # the end marker, and an even length
    assert np.array_equal(imagecodecs.htj2k_decode(body), stored)


def tile_parts(segments):
    """The lengths of all tile-parts (A.7.1)."""
    lengths = []
    for segment in segments:
        sizes = segment[1]
        index, length = sizes >> 4 & 3, 4 if sizes & 0x40 else 2
        entries = segment[2:]
        step = index + length
        lengths += [int.from_bytes(entries[at + index : at + step]) for at in range(0, len(entries), step)]
    return lengths


def test_the_first_bytes_hold_a_smaller_picture():
    stored = phantom_pixels(rows=1024, columns=768, bits_stored=12)[0]
    _, body = viewed(phantom(rows=1024, columns=768, bits_stored=12))
    found, header = markers(body)
    lengths = tile_parts(found[0xFF55])
    part = body[: header + sum(lengths[:-2])] + b"\xff\xd9"
    small = imagecodecs.htj2k_decode(part, skipres=2, resilient=True)
    assert small.shape == (256, 192)
    assert np.array_equal(small, imagecodecs.htj2k_decode(body, skipres=2))
    assert abs(float(small.mean()) - float(stored.mean())) < 40


@pytest.mark.parametrize("syntax", sorted(ts.SYNTAXES))
def test_every_syntax_that_is_decoded_is_given(syntax):
    try:
        file = phantom(syntax=syntax)
    except (Unsupported, NotImplementedError, KeyError):
        pytest.skip("no phantom in this syntax")
    if syntax == _VIDEO or ts.SYNTAXES[syntax].video:
        pytest.skip("a video")
    ds, found = read_part10(file)
    info = pixel_info(ds, found)
    facts, body = viewed(file)
    expected = decode_frame(frame_bytes(ds, info)[0][0], info)
    assert facts.codec == "htj2k"
    assert np.array_equal(imagecodecs.htj2k_decode(body), expected)


def test_frames_of_single_bits_begin_where_the_last_ended():
    wishes = {"bits_stored": 1, "rows": 5, "columns": 5, "frames": 3, "modality": "OT"}
    for number in range(3):
        _, body = viewed(phantom(**wishes), number)
        assert np.array_equal(imagecodecs.htj2k_decode(body), phantom_pixels(**wishes)[number])


def test_colours_are_those_that_the_server_draws():
    wishes = {"photometric": "RGB", "bits_stored": 8, "modality": "OT"}
    for syntax in (ts.EXPLICIT_LE, ts.RLE_LOSSLESS, ts.JPEG_2000_LOSSLESS):
        facts, body = viewed(phantom(**wishes, syntax=syntax))
        assert (facts.codec, facts.bits, facts.lossless) == ("png", 8, True)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(body))), phantom_pixels(**wishes)[0])


def test_a_palette_is_looked_up():
    facts, body = viewed(phantom(photometric="PALETTE COLOR", bits_stored=8, modality="OT"))
    indices = phantom_pixels(photometric="PALETTE COLOR", bits_stored=8, modality="OT")[0]
    picture = np.asarray(Image.open(io.BytesIO(body)))
    assert facts.codec == "png"
    assert np.array_equal(picture[..., 0], indices)
    assert np.array_equal(picture[..., 1], 255 - indices)


def jpeg(**changes):
    """A colour JPEG as Pillow writes it, and the layout of a header that goes with it."""
    wishes = {"photometric": "RGB", "bits_stored": 8, "modality": "OT"}
    ds = phantom_dataset(**wishes, syntax=ts.JPEG_BASELINE)
    out = io.BytesIO()
    Image.fromarray(phantom_pixels(**wishes)[0]).save(out, "JPEG", **changes)
    return out.getvalue(), pixel_info(ds, ts.JPEG_BASELINE), ds


def test_a_stored_jpeg_is_given_as_it_is_where_browsers_show_it_right():
    stream, info, ds = jpeg()
    assert drawn_by_browsers(stream, info)
    facts, body = viewed(phantom(photometric="RGB", bits_stored=8, modality="OT", syntax=ts.JPEG_BASELINE))
    assert facts.codec == "jpeg"
    assert body[:2] == b"\xff\xd8"
    assert is_colour(info)
    assert json_of(ds, facts)["pixels"]["codec"] == "jpeg"


def json_of(ds, facts):
    return model_of(ds, pixel_info(ds, ts.JPEG_BASELINE), 0, facts)


def test_a_stored_jpeg_is_drawn_anew_where_browsers_would_show_it_wrong():
    stream, info, _ = jpeg()
    exif = Image.Exif()
    exif[0x0112] = 6  # lie on the side
    assert not drawn_by_browsers(jpeg(exif=exif)[0], info)
    assert not drawn_by_browsers(stream[:-200], info)
    without = stream.replace(b"JFIF\0", b"NOPE\0")
    assert drawn_by_browsers(without, info)  # nothing is marked, and the header says YBR as browsers take it
    said_rgb = pixel_info(_with(photometric="RGB"), ts.JPEG_BASELINE)
    assert not drawn_by_browsers(without, said_rgb)


def _with(photometric):
    ds = phantom_dataset(photometric="RGB", bits_stored=8, modality="OT", syntax=ts.JPEG_BASELINE)
    ds.PhotometricInterpretation = photometric
    return ds


def deep(values, **extra):
    """An image of 32-bit cells."""
    ds = phantom_dataset(rows=8, columns=8, modality="OT")
    for keyword in ("WindowCenter", "WindowWidth"):
        ds.pop(keyword, None)
    ds.Rows, ds.Columns = values.shape
    ds.BitsAllocated = ds.BitsStored = 32
    ds.HighBit, ds.PixelRepresentation = 31, int(values.dtype.kind == "i")
    ds.PixelData = values.tobytes()
    ds["PixelData"].VR = "OW"
    for keyword, value in extra.items():
        setattr(ds, keyword, value)
    return ds


def greys_of(ds, stored):
    """What the server draws, straight from the stored values."""
    info = pixel_info(ds, ts.EXPLICIT_LE)
    return to_greys(stored, default_window(chain_of(ds, info), stored, info), info)


def greys_of_copy(ds, facts, body):
    """What a viewer draws from the copy and its model, by hand: a line, a window, 256 greys."""
    model = model_of(ds, pixel_info(ds, ts.EXPLICIT_LE), 0, facts)
    values = imagecodecs.htj2k_decode(body) * model["modality"]["slope"] + model["modality"]["intercept"]
    voi = model["voi"][0]
    offset = 0 if voi["function"] == "LINEAR_EXACT" else 0.5
    width = voi["width"] - 2 * offset
    greys = np.floor(np.clip((values - (voi["centre"] - offset)) / width + 0.5, 0, 1) * 255 + 0.5)
    if model["padding"]:
        greys[imagecodecs.htj2k_decode(body) == 0] = 0
    return greys


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"WindowCenter": 1_500_000, "WindowWidth": 2_000_001},
        {"RescaleSlope": "0.001", "RescaleIntercept": "-5"},
    ],
)
def test_deep_integers_come_as_a_copy_that_is_drawn_the_same(extra):
    values = np.random.default_rng(2).integers(0, 3_000_000, (40, 30), np.uint32)
    ds = deep(values, **extra)
    facts, body = viewed(part10(ds))
    assert (facts.bits, facts.signed, facts.lossless) == (16, False, False)
    assert np.abs(greys_of(ds, values).astype(int) - greys_of_copy(ds, facts, body)).max() <= 1


def test_the_padding_of_deep_integers_stays_black():
    values = np.random.default_rng(3).integers(-900, 2_000_000, (40, 30), np.int32)
    values[:5] = -2_000_000
    ds = deep(values)
    ds.add_new(0x00280120, "SL", -2_000_000)
    facts, body = viewed(part10(ds))
    copy = imagecodecs.htj2k_decode(body)
    assert (copy[:5] == 0).all()
    assert (copy[5:] > 0).all()
    assert np.abs(greys_of(ds, values).astype(int) - greys_of_copy(ds, facts, body)).max() <= 1


def test_floats_come_as_a_copy_that_is_drawn_the_same():
    values = (np.random.default_rng(4).standard_normal((40, 30)) * 1e-6).astype(np.float32)
    values[0, 0], values[0, 1] = np.nan, np.inf
    ds = deep(values)
    ds.FloatPixelData = ds.PixelData
    del ds.PixelData
    facts, body = frame_to_view(part10(ds), values.tobytes(), 0)
    facts = Facts.of_json(facts)
    drawn = greys_of(ds, values).astype(int)
    assert np.abs(drawn - greys_of_copy(ds, facts, body)).max() <= 1
    assert np.isfinite(facts.scale).all()


def test_a_flat_float_image_is_a_picture():
    values = np.full((8, 8), 2.5, np.float32)
    ds = deep(values)
    ds.FloatPixelData = ds.PixelData
    del ds.PixelData
    facts, _ = frame_to_view(part10(ds), values.tobytes(), 0)
    assert render_model(part10(ds), 0, facts)


def test_overlays_in_unused_bits_are_found_and_the_pixels_are_clean():
    stored = phantom_pixels(bits_stored=12)[0]
    ds = phantom_dataset(bits_stored=12)
    bits = np.zeros(stored.shape, bool)
    bits[30:40, 50:60] = True
    ds.PixelData = (stored | bits.astype(np.uint16) << 14).astype("<u2").tobytes()
    for element, vr, value in (
        (0x0010, "US", 96),
        (0x0011, "US", 80),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 16),
        (0x0102, "US", 14),
    ):
        ds.add_new((0x6000, element), vr, value)
    facts, body = viewed(part10(ds))
    assert np.array_equal(imagecodecs.htj2k_decode(body), stored)
    (overlay,) = facts.overlays
    assert (overlay["origin"], overlay["rows"], overlay["columns"]) == ([50, 30], 10, 10)
    assert render_model(part10(ds), 0) == b""
    assert model_of(ds, pixel_info(ds, ts.EXPLICIT_LE), 0, facts)["overlays"] == [overlay]


def test_cut_pixels_are_a_typed_problem():
    file = phantom()
    ds, _ = read_part10(file)
    with pytest.raises(Undecodable):
        frame_to_view(file, ds.PixelData[:100], 0)


@pytest.mark.parametrize("path", [*samples(), *packaged_good()], ids=lambda path: path.name)
def test_every_real_image_has_a_model_and_frames(path):
    file = path.read_bytes()
    try:
        ds, syntax = read_part10(file)
        info = pixel_info(ds, syntax)
        frames = frame_bytes(ds, info)
    except RadiothequeError as error:
        pytest.skip(f"no image: {type(error).__name__}")
    if ts.SYNTAXES.get(syntax) and ts.SYNTAXES[syntax].video:
        pytest.skip("a video")
    number = len(frames) // 2
    try:
        expected = decode_frame(frames[number][0], info, bit=frames[number][1])
    except RadiothequeError as error:
        with pytest.raises(type(error)):
            frame_to_view(file, frames[number][0], number)
        return
    facts, body = frame_to_view(file, frames[number][0], number)
    assert render_model(file, number, facts)
    known = Facts.of_json(facts)
    if known.codec == "htj2k" and known.lossless:
        assert np.array_equal(imagecodecs.htj2k_decode(body), expected)
        assert size_and_depth(body) == (info.columns, info.rows, info.bits_stored - 1 | (0x80 if info.signed else 0))


@pytest.mark.parametrize("path", shared_dicom("hostile"), ids=lambda path: path.name)
def test_hostile_files_are_pictures_or_typed_problems(path):
    file = path.read_bytes()
    try:
        ds, syntax = read_part10(file)
        info = pixel_info(ds, syntax)
        for number, (data, _) in enumerate(frame_bytes(ds, info)[:2]):
            facts, _ = frame_to_view(file, data, number)
            assert render_model(file, number, facts)
    except RadiothequeError as error:
        said = str(error)
    else:
        said = "a picture"
    assert said
