"""A frame that is stored as the viewer takes it is given as it is; any other is encoded for it. Either way pixel equal."""

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate

from phantoms import part10, phantom_dataset
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import pixel_info
from radiotheque.dicom.progressive import is_progressive
from radiotheque.dicom.reading import frame_bytes, read_part10
from radiotheque.dicom.viewing import frame_to_view

ROWS, COLUMNS, BITS = 200, 150, 12
GOOD = {"tlm": True, "prog_order": "RPCL", "tilepart": "RESOLUTIONS"}
STORED = np.random.default_rng(3).integers(0, 1 << BITS, (ROWS, COLUMNS), np.uint16)


def stream(**wishes):
    """A codestream by OpenJPH."""
    given = {"reversible": True, "bitspersample": BITS, "resolutions": 5} | GOOD | wishes
    return bytes(imagecodecs.htj2k_encode(STORED, **given))


def stored(codestream, bits=BITS, syntax=ts.HTJ2K_LOSSLESS_RPCL):
    ds = phantom_dataset(rows=8, columns=8, bits_stored=bits)
    ds.Rows, ds.Columns = ROWS, COLUMNS
    ds.PixelData = encapsulate([codestream + b"\0" * (len(codestream) % 2)])
    ds["PixelData"].VR = "OB"
    return part10(ds, syntax)


def given(file):
    """What the frame is stored as, whether that passes, and what the viewer is given."""
    ds, syntax = read_part10(file)
    info = pixel_info(ds, syntax)
    data = bytes(frame_bytes(ds, info)[0][0])
    return data, is_progressive(data, info), frame_to_view(file, data, 0)[1]


def test_a_stored_frame_that_is_as_the_viewer_takes_it_passes_untouched():
    data, passes, body = given(stored(stream()))
    assert passes
    assert body == data
    assert np.array_equal(imagecodecs.htj2k_decode(body), STORED)


@pytest.mark.parametrize(
    "wishes", [{"prog_order": "LRCP"}, {"prog_order": "RLCP"}, {"tlm": False}, {"bitspersample": 16}], ids=str
)
def test_any_other_frame_is_encoded_again_and_is_pixel_equal(wishes):
    data, passes, body = given(stored(stream(**wishes)))
    assert not passes
    assert body != data
    assert np.array_equal(imagecodecs.htj2k_decode(body), STORED)


def test_only_the_transfer_syntax_that_promises_it_passes():
    assert not given(stored(stream(), syntax=ts.HTJ2K_LOSSLESS))[1]


@pytest.mark.parametrize(
    "broken",
    [
        lambda whole: whole[:-40] + b"\xff\xd9",  # shorter than its lengths say
        lambda whole: whole[:30],
        lambda whole: b"",
        lambda whole: whole[:2] + b"\xff\x5f\x00\x02" + whole[2:],  # SIZ is not first
        lambda whole: whole.replace(b"\xff\x55", b"\xff\x5f", 1),  # a change of the progression order
        lambda whole: whole.replace(b"\xff\x52", b"\xff\x53", 1),  # no COD
    ],
)
def test_a_header_that_does_not_hold_together_does_not_pass(broken):
    ds, syntax = read_part10(stored(stream()))
    assert not is_progressive(broken(stream()), pixel_info(ds, syntax))
