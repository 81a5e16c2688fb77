"""What a JPEG says of its colours: Adobe's APP14 segment, JFIF, the names of its components (ISO 10918-6 6.5.3)."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import generate_frames

from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.codestream import shape_of
from radiotheque.dicom.decode import decode_frame, pixel_info
from radiotheque.dicom.pictures import Recipe, render_instance

ADOBE = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"
"""Marker, length 14, name, version 100, two words of flags; the transform follows."""
ADOBE_CUT = b"\xff\xee\x00\x0cAdobe\x00\x65\x00\x00\x00"
"""A segment of 12 bytes: no transform."""
FRAME = b"\xff\xc0\x00\x11\x08\x01\x00\x01\x00\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00"
"""256 × 256, 8 bits, components 1, 2 and 3: names that say nothing."""


@pytest.mark.parametrize(
    ("segment", "ycc"),
    [(ADOBE + b"\x00", False), (ADOBE + b"\x01", True), (ADOBE_CUT, None), (b"", None)],
)
def test_the_transform_is_read_from_a_whole_segment_of_adobe_alone(segment: bytes, ycc: bool | None) -> None:
    shape = shape_of(b"\xff\xd8" + segment + FRAME, ts.JPEG_BASELINE)
    assert shape is not None
    assert (shape.rows, shape.columns, shape.samples, shape.ycc) == (256, 256, 3, ycc)


@pytest.fixture
def short_segment() -> Dataset:
    """pydicom's file whose APP14 segment is two bytes short and whose Photometric Interpretation is RGB."""
    return dcmread(get_testdata_file("SC_rgb_jpeg.dcm"))


@pytest.mark.filterwarnings("ignore:Expected explicit VR")
def test_a_baseline_jpeg_with_a_short_segment_has_the_colours_of_its_header(short_segment: Dataset) -> None:
    stream = next(generate_frames(short_segment.PixelData, number_of_frames=1))
    assert ADOBE_CUT[:9] in stream  # else this file tests nothing
    frame = decode_frame(stream, pixel_info(short_segment, ts.JPEG_BASELINE))
    theirs = short_segment.pixel_array
    assert tuple(theirs[0, 0]) == (244, 244, 244)
    assert np.abs(frame.astype(int) - theirs).max() <= 1  # another rounding of the inverse DCT at most


@pytest.mark.filterwarnings("ignore:Expected explicit VR")
def test_it_is_rendered_in_them_too() -> None:
    path = get_testdata_file("SC_rgb_jpeg.dcm")
    _, png = render_instance(Path(str(path)).read_bytes(), Recipe(media_type="image/png"))
    assert Image.open(io.BytesIO(png)).convert("RGB").getpixel((0, 0)) == (244, 244, 244)
