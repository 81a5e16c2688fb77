"""The head of an object: the same answers as pydicom, and a precise refusal where there is no answer."""

import io
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dicom_oracle import MISDECLARED, attribute, comparable, every_file, read, same_values
from effort import effort
from radiotheque.core.errors import Malformed, RadiothequeError, TooLarge, Unsupported
from radiotheque.core.instance import Form
from radiotheque.dicom.filemeta import file_meta
from radiotheque.dicom.framing import deflate
from radiotheque.dicom.header import HEAD_BYTES, Truncated, read_head
from radiotheque.dicom.indexed import INDEXED
from radiotheque.dicom.syntaxes import DEFLATED_LE, EXPLICIT_BE, EXPLICIT_LE, IMPLICIT_LE
from shared import shared

# pydicom warns of the values that these tests are about
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

CR = "1.2.840.10008.5.1.4.1.1.1"
UIDS = {"SOPClassUID": CR, "SOPInstanceUID": "1.2.3.1", "StudyInstanceUID": "1.2.3.2", "SeriesInstanceUID": "1.2.3.3"}


def encoded(dataset: Dataset, *, implicit: bool = False, big: bool = False) -> bytes:
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = implicit, not big
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_dataset(stream, dataset)
    return stream.getvalue()


def a_dataset(**values: object) -> Dataset:
    dataset = Dataset()
    for name, value in {**UIDS, **values}.items():
        setattr(dataset, name, value)
    return dataset


def head_of(dataset: Dataset, **options: str) -> dict[str, tuple[str, ...]]:
    header = read_head(encoded(dataset), form=Form.DATASET, transfer_syntax=EXPLICIT_LE, **options)
    return dict(header.attributes)


@pytest.mark.parametrize("path", comparable(), ids=lambda path: path.name)
def test_every_indexed_attribute_is_what_pydicom_reads(path: Path) -> None:
    data = path.read_bytes()
    try:
        header = read_head(data, form=Form.PART10)
    except Truncated:
        header = read_head(data + bytes(HEAD_BYTES), form=Form.PART10)
    except Malformed:
        pytest.skip("it has no Study, Series or SOP Instance UID: see the tests of refusals")
    except TooLarge:
        pytest.skip("it is nested beyond the limit")
    dataset = read(data)
    for name in INDEXED:
        try:
            theirs = attribute(dataset, name)
        except (ValueError, NotImplementedError):
            continue
        if name in ("SOPClassUID", "SOPInstanceUID") and theirs is None:
            continue  # taken from group 0002
        assert same_values(header.attributes.get(name), theirs), name
    if header.pixel_offset >= 0:
        assert data[header.pixel_offset : header.pixel_offset + 2] in (b"\xe0\x7f", b"\x7f\xe0")


@pytest.mark.parametrize("path", every_file(), ids=lambda path: path.name)
def test_no_file_makes_anything_but_a_precise_refusal(path: Path) -> None:
    data = path.read_bytes()
    for form in Form:
        with suppress(RadiothequeError):
            read_head(data[:HEAD_BYTES], form=form)


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x17F, exclude_characters="\\^=\x7f"), max_size=16)


@settings(max_examples=effort(60), deadline=None)
@given(
    name=TEXT,
    identifier=TEXT,
    kinds=st.lists(st.text("ABC_ 19", max_size=16), max_size=3),
    rows=st.integers(0, 65535),
    items=st.lists(TEXT, max_size=3),
    undefined=st.booleans(),
    syntax=st.sampled_from((EXPLICIT_LE, IMPLICIT_LE, EXPLICIT_BE, DEFLATED_LE)),
)
def test_made_data_sets_are_read_as_pydicom_does(name, identifier, kinds, rows, items, undefined, syntax) -> None:
    dataset = a_dataset(SpecificCharacterSet="ISO_IR 192", PatientName=name, PatientID=identifier, Rows=rows)
    dataset.ImageType = kinds or ""
    dataset.RequestAttributesSequence = Sequence()
    for text in items:
        item = Dataset()
        item.ScheduledProcedureStepID = text
        dataset.RequestAttributesSequence.append(item)
    dataset["RequestAttributesSequence"].is_undefined_length = undefined
    dataset.PixelData = b"\0\0"
    dataset["PixelData"].VR = "OW"
    raw = encoded(dataset, implicit=syntax == IMPLICIT_LE, big=syntax == EXPLICIT_BE)
    header = read_head(deflate(raw) if syntax == DEFLATED_LE else raw, form=Form.DATASET, transfer_syntax=syntax)
    again = read(file_meta(CR, "1.2.3.1", EXPLICIT_LE if syntax == DEFLATED_LE else syntax) + raw)
    for keyword in INDEXED:
        assert same_values(header.attributes.get(keyword), attribute(again, keyword)), keyword
    assert header.transfer_syntax == syntax


@settings(max_examples=effort(300), deadline=None)
@given(st.data())
def test_a_damaged_head_is_read_or_refused_but_never_crashes(data: st.DataObject) -> None:
    dataset = a_dataset(PatientName="A^B", PatientID="1", Rows=3, RequestAttributesSequence=[Dataset()])
    implicit = data.draw(st.booleans())
    raw = bytearray(encoded(dataset, implicit=implicit))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    with suppress(RadiothequeError):
        read_head(bytes(raw[:cut]), form=Form.DATASET, transfer_syntax=IMPLICIT_LE if implicit else EXPLICIT_LE)


@pytest.mark.parametrize("name", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"])
def test_a_missing_uid_is_named(name: str) -> None:
    dataset = a_dataset()
    delattr(dataset, name)
    with pytest.raises(Malformed, match=name):
        head_of(dataset)


def test_a_uid_that_is_none_is_refused() -> None:
    with pytest.raises(Malformed, match="not a UID"):
        read_head(
            encoded(a_dataset()).replace(b"1.2.3.2\0", b"../etc/x"), form=Form.DATASET, transfer_syntax=EXPLICIT_LE
        )


def test_the_command_stands_in_for_uids_the_data_set_has_not() -> None:
    dataset = a_dataset()
    del dataset.SOPClassUID, dataset.SOPInstanceUID
    header = read_head(
        encoded(dataset), form=Form.DATASET, transfer_syntax=EXPLICIT_LE, sop_class=CR, sop_instance="1.2.9"
    )
    assert (header.identity.sop_class, header.identity.sop_instance) == (CR, "1.2.9")


def test_a_study_uid_behind_the_head_asks_for_more() -> None:
    dataset = a_dataset()
    dataset.add_new(0x00110010, "LO", "BLOB")
    dataset.add_new(0x00111001, "OB", bytes(HEAD_BYTES))
    raw = encoded(dataset)
    with pytest.raises(Truncated):
        read_head(raw[:HEAD_BYTES], form=Form.DATASET, transfer_syntax=EXPLICIT_LE)
    assert read_head(raw, form=Form.DATASET, transfer_syntax=EXPLICIT_LE).identity.study == "1.2.3.2"


def test_a_head_cut_in_the_pixels_is_enough() -> None:
    dataset = a_dataset(Rows=2, Columns=2)
    dataset.add_new(0x7FE00010, "OW", bytes(HEAD_BYTES))
    raw = encoded(dataset)
    header = read_head(raw[:HEAD_BYTES], form=Form.DATASET, transfer_syntax=EXPLICIT_LE)
    assert raw[header.pixel_offset :].startswith(b"\xe0\x7f\x10\x00OW")


def test_a_glance_counts_only_when_it_comes_to_the_pixels() -> None:
    dataset = a_dataset(PresentationLUTShape="INVERSE")  # (2050,0020), behind all that a query needs of most objects
    dataset.add_new(0x00410010, "LO", "BLOB")
    dataset.add_new(0x00411001, "OB", bytes(1000))
    dataset.add_new(0x7FE00010, "OW", bytes(1000))
    raw = encoded(dataset)
    pixels = raw.index(b"\xe0\x7f\x10\x00OW")
    for size in (0x200, pixels, pixels + 11):
        with pytest.raises(Truncated):
            read_head(raw[:size], form=Form.DATASET, transfer_syntax=EXPLICIT_LE, glance=True)
    header = read_head(raw[: pixels + 12], form=Form.DATASET, transfer_syntax=EXPLICIT_LE, glance=True)
    assert (header.pixel_offset, header.attributes["PresentationLUTShape"]) == (pixels, ("INVERSE",))


def test_a_whole_object_that_ends_inside_an_element_is_refused() -> None:
    raw = encoded(a_dataset(PatientComments="x" * 100))
    with pytest.raises(Malformed, match="ends inside"):
        read_head(raw[: raw.index(b"xxxx") + 10], form=Form.DATASET, transfer_syntax=EXPLICIT_LE)


def nested(levels: int, *, undefined: bool) -> bytes:
    """Sequences (0008,1140) in one another, by hand (PS3.5 7.5)."""
    inner = b""
    if undefined:
        opening = b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
        return opening * levels + b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0" * levels
    for _ in range(levels):
        item = b"\xfe\xff\x00\xe0" + len(inner).to_bytes(4, "little") + inner
        inner = b"\x08\0\x40\x11SQ\0\0" + len(item).to_bytes(4, "little") + item
    return inner


@pytest.mark.parametrize("levels", [65, 3000, 9000])
def test_sequences_without_end_are_refused(levels: int) -> None:
    with pytest.raises(TooLarge, match="64 levels"):
        read_head(nested(levels, undefined=True), form=Form.DATASET, transfer_syntax=EXPLICIT_LE)


@pytest.mark.parametrize(("levels", "undefined"), [(60, True), (60, False), (3000, False)])
def test_sequences_that_can_be_passed_over_are(levels: int, undefined: bool) -> None:
    raw = encoded(a_dataset())
    study = raw.index(b"\x20\0\x0d\0")
    header = read_head(
        raw[:study] + nested(levels, undefined=undefined) + raw[study:], form=Form.DATASET, transfer_syntax=EXPLICIT_LE
    )
    assert header.identity.series == "1.2.3.3"


def test_no_patient_id_is_an_unidentified_patient() -> None:
    header = read_head(encoded(a_dataset()), form=Form.DATASET, transfer_syntax=EXPLICIT_LE, default_issuer="HOSPITAL")
    assert (header.identity.patient_id, header.identity.issuer) == ("", "")


def test_the_issuer_is_the_objects_own_then_its_qualifiers_then_the_peers() -> None:
    qualifier = Dataset()
    qualifier.UniversalEntityID = "1.2.250.1"
    for values, issuer in (
        ({"IssuerOfPatientID": "A", "IssuerOfPatientIDQualifiersSequence": [qualifier]}, "A"),
        ({"IssuerOfPatientIDQualifiersSequence": [qualifier]}, "1.2.250.1"),
        ({}, "PEER"),
    ):
        raw = encoded(a_dataset(PatientID="7", **values))
        header = read_head(raw, form=Form.DATASET, transfer_syntax=EXPLICIT_LE, default_issuer="PEER")
        assert header.identity.issuer == issuer


def test_other_patient_ids_of_all_items_are_gathered() -> None:
    items = []
    for text in ("NIR-1", "NIR-2"):
        item = Dataset()
        item.PatientID = text
        items.append(item)
    assert head_of(a_dataset(OtherPatientIDsSequence=items))["OtherPatientIDsSequence.PatientID"] == ("NIR-1", "NIR-2")


@pytest.mark.parametrize(
    ("declared", "default", "raw", "name"),
    [
        ("", "", "Éléonore".encode("latin-1"), "Éléonore"),
        ("", "", "Éléonore".encode(), "Éléonore"),
        ("", "ISO_IR 101", "Łódź".encode("iso8859_2"), "Łódź"),
        ("ISO_IR 100", "", "Éléonore".encode(), "Éléonore"),
        ("ISO_IR 999", "", "Éléonore".encode("latin-1"), "Éléonore"),
        ("ISO-IR 192", "", "Éléonore".encode(), "Éléonore"),
        ("ISO_IR 192", "", "Éléonore".encode("latin-1"), "Éléonore"),
        ("ISO_IR 203", "", "Cœur".encode("iso8859_15"), "Cœur"),
    ],
)
def test_text_is_never_mojibake(declared: str, default: str, raw: bytes, name: str) -> None:
    raw += b" " * (len(raw) % 2)
    head = b"" if not declared else b"\x08\0\x05\0CS" + (10).to_bytes(2, "little") + declared.encode()
    data = encoded(a_dataset())
    study = data.index(b"\x20\0\x0d\0")
    data = head + data[:study] + b"\x10\0\x10\0PN" + len(raw).to_bytes(2, "little") + raw + data[study:]
    header = read_head(data, form=Form.DATASET, transfer_syntax=EXPLICIT_LE, default_charset=default)
    assert header.attributes["PatientName"] == (name,)


def test_extra_attributes_are_taken_by_keyword_path_and_tag() -> None:
    dataset = a_dataset(BodyPartThickness="31")
    dataset.add_new(0x00110010, "LO", "MINE")
    dataset.add_new(0x00111001, "LO", "secret")
    extra = ("BodyPartThickness", "00111001")
    header = read_head(encoded(dataset), form=Form.DATASET, transfer_syntax=EXPLICIT_LE, extra=extra)
    assert (header.attributes["BodyPartThickness"], header.attributes["00111001"]) == (("31",), ("secret",))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_data_set_without_meta_is_recognised(syntax) -> None:
    raw = encoded(a_dataset(), implicit=syntax.is_implicit_VR, big=not syntax.is_little_endian)
    header = read_head(raw, form=Form.PART10)
    assert (header.transfer_syntax, header.dataset_offset) == (syntax, 0)


def test_bytes_are_believed_before_a_declaration() -> None:
    raw = encoded(a_dataset())
    assert read_head(raw, form=Form.DATASET, transfer_syntax=IMPLICIT_LE).transfer_syntax == EXPLICIT_LE
    raw = encoded(a_dataset(), implicit=True)
    assert read_head(raw, form=Form.DATASET, transfer_syntax=EXPLICIT_LE).transfer_syntax == IMPLICIT_LE


@pytest.mark.parametrize("data", [b"", b"<html><script>", bytes(128) + b"DICM", b"\x93\x02" * 900])
def test_what_is_no_dicom_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_head(data, form=Form.PART10)


def test_an_unknown_transfer_syntax_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        read_head(encoded(a_dataset()), form=Form.DATASET, transfer_syntax="1.2.3")


def test_of_an_element_that_is_there_twice_the_last_counts() -> None:
    raw = encoded(a_dataset())
    study = raw.index(b"\x20\0\x0d\0")
    twice = b"\x10\0\x20\0LO\x02\0A " + b"\x10\0\x20\0LO\x02\0B "
    header = read_head(raw[:study] + twice + raw[study:], form=Form.DATASET, transfer_syntax=EXPLICIT_LE)
    assert header.identity.patient_id == "B"


def test_a_deflated_bomb_costs_no_more_than_a_head() -> None:
    raw = encoded(a_dataset()) + b"\x43\0\x10\0UT\0\0" + (1 << 26).to_bytes(4, "little") + b"a" * (1 << 26)
    header = read_head(deflate(raw), form=Form.DATASET, transfer_syntax=DEFLATED_LE)
    assert header.identity.study == "1.2.3.2"


@pytest.mark.parametrize("name", sorted(MISDECLARED))
def test_utf_8_declared_as_latin_1_is_read_as_utf_8(name: str) -> None:
    path = next((path for path in every_file() if path.name == name), None) or shared(name)
    header = read_head(path.read_bytes()[:HEAD_BYTES], form=Form.PART10)
    assert not any("Ã" in value for values in header.attributes.values() for value in values)


def test_a_file_is_read_the_same_with_its_preamble_gone() -> None:
    raw = file_meta(CR, "1.2.3.1", EXPLICIT_LE) + encoded(a_dataset())
    whole, bare = read_head(raw, form=Form.PART10), read_head(raw[132:], form=Form.PART10)
    assert whole.identity == bare.identity
    assert whole.dataset_offset - bare.dataset_offset == 132
    assert io.BytesIO(raw).read(132)[128:] == b"DICM"
