"""Small data sets against pydicom, and against bytes that are wrong."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset as pydicom_reads
from pynetdicom.dsutils import encode

from radiotheque.core.errors import Malformed
from radiotheque.dicom.charsets import charset
from radiotheque.wire.dimse.dataset import element, element_writer, encode_values, read_dataset, sequence

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
ASCII = charset(())


def identifier() -> Dataset:
    ds = Dataset()
    ds.QueryRetrieveLevel = "SERIES"
    ds.PatientName = "DUPONT*"
    ds.NumberOfSeriesRelatedInstances = ""
    item = Dataset()
    item.ScheduledProcedureStepID = "SPS1"
    item.RequestedProcedureID = ""
    ds.RequestAttributesSequence = [item]
    ds.Rows = 512
    return ds


@pytest.mark.parametrize("undefined", [True, False])
@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_what_pydicom_wrote_is_read(syntax: str, undefined: bool) -> None:
    ds = identifier()
    ds["RequestAttributesSequence"].is_undefined_length = undefined
    ds.RequestAttributesSequence[0].is_undefined_length_sequence_item = undefined
    elements = read_dataset(encode(ds, syntax == IMPLICIT, True) or b"", syntax)
    assert elements[0x00080052].raw == b"SERIES"
    assert elements[0x00100010].vr == "PN"
    assert elements[0x00280010].raw == b"\x00\x02"
    (item,) = elements[0x00400275].items
    assert item[0x00400009].raw == b"SPS1"
    assert item[0x00401001].raw == b""


@pytest.mark.parametrize("implicit", [True, False])
def test_pydicom_reads_what_is_written(implicit: bool) -> None:
    inner = element(0x00400009, "SH", b"SPS", implicit=implicit)
    data = b"".join(
        [
            element(0x00080052, "CS", b"STUDY", implicit=implicit),
            element(0x0020000D, "UI", b"1.2.3", implicit=implicit),
            element(0x00201208, "IS", encode_values("IS", ("12",), ASCII) or b"", implicit=implicit),
            element(0x00280010, "US", encode_values("US", ("512",), ASCII) or b"", implicit=implicit),
            sequence(0x00400275, [inner, inner], implicit=implicit),
            element(0x00420011, "OB", b"\1", implicit=implicit),
        ]
    )
    ds = pydicom_reads(BytesIO(data), is_implicit_VR=implicit, is_little_endian=True)
    assert ds.QueryRetrieveLevel == "STUDY"
    assert ds.StudyInstanceUID == "1.2.3"
    assert ds.NumberOfStudyRelatedInstances == 12
    assert ds.Rows == 512
    assert [item.ScheduledProcedureStepID for item in ds.RequestAttributesSequence] == ["SPS", "SPS"]


@pytest.mark.parametrize("implicit", [True, False])
@given(
    value=st.binary(max_size=9),
    tag_and_vr=st.sampled_from([(0x0020000D, "UI"), (0x00100010, "PN"), (0x00420011, "OB")]),
)
def test_a_writer_made_beforehand_writes_the_same(implicit: bool, value: bytes, tag_and_vr: tuple[int, str]) -> None:
    assert element_writer(*tag_and_vr, implicit=implicit)(value) == element(*tag_and_vr, value, implicit=implicit)


def test_a_value_that_the_repertoire_cannot_hold_is_not_written() -> None:
    assert encode_values("PN", ("Lefèvre",), charset(("ISO_IR 100",))) == "Lefèvre".encode("latin-1")
    assert encode_values("PN", ("Łukasz",), charset(("ISO_IR 100",))) is None


def test_a_number_that_is_none_is_left_out() -> None:
    assert encode_values("US", ("512", "many", "70000"), ASCII) == b"\x00\x02"


@pytest.mark.parametrize(
    "data",
    [
        b"\x10\0\x10\0\x08\0\0\0abc",  # longer than what is there
        b"\x10\0\x10\0\x08",  # a cut header
        b"\x40\0\x75\x02\xff\xff\xff\xff\x10\0\x10\0\0\0\0\0",  # no item inside a sequence
        b"\x40\0\x75\x02\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\x08\0\0\0",  # an item longer than what is there
        (b"\x40\0\x75\x02\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff") * 40,  # too deep
    ],
)
def test_a_broken_data_set_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_dataset(data, IMPLICIT)


@given(data=st.binary(max_size=400), syntax=st.sampled_from((IMPLICIT, EXPLICIT)))
def test_any_bytes_are_read_or_malformed(data: bytes, syntax: str) -> None:
    try:
        elements = read_dataset(data, syntax)
    except Malformed:
        return
    assert all(isinstance(tag, int) for tag in elements)
