"""DICOM JSON straight from the bytes: what pydicom makes of the same file, and what comes back from it."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_oracle import as_json, canonical, comparable, every_file, run
from effort import effort
from radiotheque.core.errors import RadiothequeError, TooLarge
from radiotheque.dicom import filemeta
from radiotheque.dicom.bulk import bulk_data
from radiotheque.dicom.compose import compose
from radiotheque.dicom.framing import Framing, framing, reading, spliced
from radiotheque.dicom.metadata import to_json
from radiotheque.dicom.syntaxes import EXPLICIT_LE
from shared import needs_shared, shared

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

BIG_ENDIAN_WORDS = ("OW", "OF", "OL", "OD", "OV")


def opened(data: bytes) -> tuple[Framing, int]:
    meta, offset = filemeta.split(data)
    return framing(data[offset : offset + 12], filemeta.text(meta, filemeta.TRANSFER_SYNTAX)), offset


def ours(data: bytes, **options: Any) -> dict[str, Any]:
    how, offset = opened(data)
    raw = to_json(reading(data), len(data), transfer_syntax=how.transfer_syntax, dataset_offset=offset, **options)
    return orjson.loads(raw)  # type: ignore[no-any-return]


def without_words(metadata: dict[str, Any]) -> dict[str, Any]:
    return {tag: element for tag, element in metadata.items() if element["vr"] not in BIG_ENDIAN_WORDS}


# bytes behind the last element, of which pydicom makes one more
GARBAGE = ("trailing_garbage.dcm", "pdf_in_preamble.dcm", "dcm4che_no_preamble_dicm_in_data.dcm")
# an IS that is no integer: pydicom cuts it down
NO_INTEGERS = ("openrem_dx_drgem.dcm",)


@pytest.mark.parametrize(
    "path", [path for path in comparable() if path.name not in GARBAGE + NO_INTEGERS], ids=lambda path: path.name
)
def test_it_is_what_pydicom_makes_of_the_file(path: Path) -> None:
    data = path.read_bytes()
    try:
        how, _ = opened(data)
        made = canonical(ours(data))
    except TooLarge:
        pytest.skip("nested beyond the limit")
    except RadiothequeError as error:
        pytest.skip(f"refused: {error}")
    theirs = canonical(as_json(data, little_endian=not how.encoding.big_endian))
    if how.encoding.big_endian:  # words are swapped to little endian here, as PS3.18 F.2.7 asks
        made, theirs = without_words(made), without_words(theirs)
    assert made == theirs


@pytest.mark.parametrize("path", every_file(), ids=lambda path: path.name)
def test_elements_are_in_ascending_order_and_every_bulk_data_uri_leads_to_bytes(path: Path) -> None:
    data = path.read_bytes()
    try:
        how, offset = opened(data)
        made = ours(data)
    except RadiothequeError as error:
        pytest.skip(f"refused: {error}")
    for uri in in_order_and_uris(made):
        found = bulk_data(
            reading(data),
            len(data),
            transfer_syntax=how.transfer_syntax,
            dataset_offset=offset,
            path=uri.removeprefix("bulkdata/"),
        )
        assert sum(map(len, found.chunks())) <= found.size_bytes


def in_order_and_uris(metadata: dict[str, Any]) -> list[str]:
    assert list(metadata) == sorted(metadata)
    uris = []
    for element in metadata.values():
        uris += [element["BulkDataURI"]] if "BulkDataURI" in element else []
        if element["vr"] == "SQ":
            for item in element.get("Value", ()):
                uris += in_order_and_uris(item)
    return uris


@needs_shared
@pytest.mark.parametrize("name", ["dicom/synthetic/dx_chest_pa.dcm", "dicom/sr/pydicom_offis_basic_text_sr.dcm"])
def test_dcmtk_writes_the_same(name: str) -> None:
    path = shared(*name.split("/"))
    theirs = json.loads(run("dcm2json", path).stdout)
    mine = canonical(ours(path.read_bytes(), bulk_over=1 << 20))
    other = canonical({tag: element for tag, element in theirs.items() if not tag.startswith("0002")})
    assert mine == other


@needs_shared
def test_a_head_of_other_bytes_goes_before_the_pixels_of_the_file() -> None:
    data = shared("dicom", "synthetic", "dx_chest_pa.dcm").read_bytes()
    how, offset = opened(data)
    cut = data.index(b"\xe0\x7f\x10\0OW")
    head = data[:cut].replace(b"IPP-1000", b"IPP-2000")
    read, size = spliced(head, reading(data), cut, len(data))
    made = orjson.loads(to_json(read, size, transfer_syntax=how.transfer_syntax, dataset_offset=offset))
    assert made["00100020"]["Value"][0].startswith("IPP-2000")
    assert made["7FE00010"]["BulkDataURI"] == "bulkdata/7FE00010"


def test_what_is_added_stands_in_its_place() -> None:
    data = compose(MINIMAL)
    added = {"00083002": {"vr": "UI", "Value": [EXPLICIT_LE]}}
    assert list(ours(data, add=added)) == ["00080016", "00080018", "00083002"]


MINIMAL: dict[str, Any] = {
    "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"]},
    "00080018": {"vr": "UI", "Value": ["1.2.3"]},
}


@pytest.mark.parametrize(
    ("tag", "vr", "raw", "element"),
    [
        ("00280030", "DS", b"0.15\\1e-2 ", {"vr": "DS", "Value": [0.15, 0.01]}),
        ("00281050", "DS", b"NaN\\1 ", {"vr": "DS", "Value": ["NaN", 1]}),
        ("00200013", "IS", b" 12 ", {"vr": "IS", "Value": [12]}),
        ("00200013", "IS", b"12.0", {"vr": "IS", "Value": [12]}),
        ("00200013", "IS", b"12.5", {"vr": "IS", "Value": ["12.5"]}),
        ("00080008", "CS", b"A\\\\B ", {"vr": "CS", "Value": ["A", None, "B"]}),
        ("00080050", "SH", b"  ", {"vr": "SH"}),
        ("00100010", "PN", b"A^B==C", {"vr": "PN", "Value": [{"Alphabetic": "A^B", "Phonetic": "C"}]}),
        ("00104000", "LT", b"a\\b ", {"vr": "LT", "Value": ["a\\b"]}),
        ("00280009", "AT", b"\x18\0\x63\x10", {"vr": "AT", "Value": ["00181063"]}),
        ("00181271", "FD", b"\0\0\0\0\0\0\xf8\x7f", {"vr": "FD", "BulkDataURI": "bulkdata/00181271"}),
        ("00081030", "LO", b"", {"vr": "LO"}),
    ],
)
def test_values_are_written_as_ps3_18_f_2_says(tag: str, vr: str, raw: bytes, element: dict[str, Any]) -> None:
    number = int(tag, 16)
    head = number.to_bytes(4, "big")
    data = compose(MINIMAL) + head[1::-1] + head[:1:-1] + vr.encode() + len(raw).to_bytes(2, "little") + raw
    assert ours(data)[tag] == element


def test_text_is_utf_8_and_says_so() -> None:
    data = compose({**MINIMAL, "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Éloi^Zoé"}]}})
    made = ours(data)
    assert made["00100010"]["Value"] == [{"Alphabetic": "Éloi^Zoé"}]
    assert made["00080005"]["Value"] == ["ISO_IR 192"]


WORDS = st.text(
    st.characters(min_codepoint=33, exclude_categories=("Cs", "Cc"), exclude_characters="\\^="), max_size=12
)
ELEMENTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "00100010": st.builds(lambda text: {"vr": "PN", "Value": [{"Alphabetic": text}]}, WORDS.filter(bool)),
    "00081030": st.builds(lambda text: {"vr": "LO", "Value": [text]}, WORDS.filter(bool)),
    "00280010": st.builds(lambda value: {"vr": "US", "Value": value}, st.lists(st.integers(0, 65535), min_size=1)),
    "00181271": st.builds(
        lambda value: {"vr": "FD", "Value": value},
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=9),
    ),
    "00200013": st.builds(lambda value: {"vr": "IS", "Value": [value]}, st.integers(-(1 << 31), (1 << 31) - 1)),
    "00280009": st.just({"vr": "AT", "Value": ["00181063"]}),
    "00091010": st.just({"vr": "UN", "InlineBinary": "AAEC/w=="}),
}
ITEMS = st.recursive(
    st.fixed_dictionaries({}, optional=ELEMENTS),
    lambda inner: st.fixed_dictionaries(
        {"00081140": st.builds(lambda items: {"vr": "SQ", "Value": items}, st.lists(inner, min_size=1, max_size=3))},
        optional=ELEMENTS,
    ),
    max_leaves=8,
)


@settings(max_examples=effort(80), deadline=None)
@given(ITEMS)
def test_what_goes_into_a_file_comes_out_of_it(item: dict[str, Any]) -> None:
    assert canonical(ours(compose({**MINIMAL, **item}))) == canonical({**MINIMAL, **item})
