"""The Native DICOM Model against DCMTK's, and against documents that mean ill."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from pydicom.datadict import dictionary_has_tag, dictionary_VR

from dicom_oracle import canonical, run
from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.dicom import filemeta
from radiotheque.dicom.framing import framing, reading
from radiotheque.dicom.metadata import to_json
from radiotheque.dicom.xml import from_xml, to_xml
from shared import samples


def metadata_of(data: bytes) -> dict[str, Any]:
    meta, offset = filemeta.split(data)
    how = framing(data[offset : offset + 12], filemeta.text(meta, filemeta.TRANSFER_SYNTAX))
    raw = to_json(reading(data), len(data), transfer_syntax=how.transfer_syntax, dataset_offset=offset)
    return orjson.loads(raw)  # type: ignore[no-any-return]


def comparable(metadata: dict[str, Any]) -> dict[str, Any]:
    """Give JSON without what DCMTK writes otherwise: binary values, and floats in fewer digits."""
    made = {}
    for tag, element in canonical(metadata).items():
        vr = element["vr"]
        if vr == "SQ":
            made[tag] = {"vr": vr, "Value": [comparable(item) for item in element.get("Value", ())]}
        elif vr[0] == "O" or vr == "UN" or "BulkDataURI" in element:
            made[tag] = {"vr": vr}
        elif vr in ("FL", "FD"):
            made[tag] = {"vr": vr, "Value": [f"{value + 0:.6g}" for value in element.get("Value", ())]}
        elif vr == "PN":
            names = [
                {group: name.rstrip("^") for group, name in (one or {}).items()} for one in element.get("Value", ())
            ]
            made[tag] = {"vr": vr, "Value": [name for name in names if any(name.values())]}
        else:
            made[tag] = element
    return made


def is_lone(tag: str, metadata: dict[str, Any]) -> bool:
    """Say whether an element is private and nobody reserved its block: DCMTK drops the block's number all the same."""
    return int(tag[:4], 16) & 1 == 1 and tag[4:6] != "00" and f"{tag[:4]}00{tag[4:6]}" not in metadata


def as_dcmtk_writes(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Give our model with the VRs of DCMTK where both are right.

    Of a standard attribute that is written as UN the dictionary's VR may be taken (PS3.5 6.2.2), which is done here,
    as pydicom does, and not by DCMTK. Encapsulated Pixel Data are OB (PS3.5 A.4): where a file says OW, that is told
    here and put right by DCMTK.
    """
    made = {tag: element for tag, element in ours.items() if not is_lone(tag, ours)}
    for tag in made.keys() & theirs.keys():
        if theirs[tag] == {"vr": "UN"}:
            assert made[tag]["vr"] in ("UN", _vr_of(int(tag, 16)))
            made[tag] = {"vr": "UN"}
        elif tag == "7FE00010":
            made[tag] = {"vr": theirs[tag]["vr"]}
    return made


def _vr_of(tag: int) -> str:
    """Give the dictionary's VR, that of a private creator for private tags (PS3.5 7.8.1)."""
    return dictionary_VR(tag) if dictionary_has_tag(tag) else "LO"


@pytest.mark.parametrize("path", samples()[::4], ids=lambda path: path.name)
def test_dcmtk_writes_the_same_model(path: Path) -> None:
    made = run("dcm2xml", "-q", "-nat", path)
    if made.returncode or not made.stdout:
        pytest.skip("dcm2xml cannot read it")
    theirs = {tag: element for tag, element in from_xml(made.stdout).items() if not tag.startswith("0002")}
    ours = comparable(from_xml(to_xml(metadata_of(path.read_bytes()))))
    lone = {f"{tag[:4]}00{tag[6:]}" for tag in ours if is_lone(tag, ours)}
    said = {tag: element for tag, element in comparable(theirs).items() if tag not in lone}
    assert as_dcmtk_writes(ours, said) == said


@pytest.mark.parametrize("path", samples()[::3], ids=lambda path: path.name)
def test_xml_holds_all_that_json_holds(path: Path) -> None:
    metadata = metadata_of(path.read_bytes())
    there = comparable(from_xml(to_xml(metadata)))
    here = comparable(metadata)
    # private blocks may move, since the model does not say which one an attribute was in
    assert {tag for tag in there if not int(tag[:4], 16) & 1} == {tag for tag in here if not int(tag[:4], 16) & 1}
    assert [there[tag] for tag in there if not int(tag[:4], 16) & 1] == [
        here[tag] for tag in here if not int(tag[:4], 16) & 1
    ]
    assert len(there) == len(here)


def test_the_root_and_its_names_are_those_of_ps3_19() -> None:
    document = to_xml({"00100010": {"vr": "PN", "Value": [{"Alphabetic": "A^B<&"}]}}).decode()
    assert document == (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">'
        '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1"><Alphabetic>'
        "<FamilyName>A</FamilyName><GivenName>B&lt;&amp;</GivenName></Alphabetic></PersonName></DicomAttribute>"
        "</NativeDicomModel>"
    )


def test_characters_that_xml_cannot_hold_do_not_break_the_document() -> None:
    metadata = {"00081030": {"vr": "LO", "Value": ["a\x01b\r\nc\ud800"]}}
    assert from_xml(to_xml(metadata))["00081030"]["Value"] == ["a\ufffdb\r\nc\ufffd"]


def test_a_private_creator_names_the_block() -> None:
    metadata = {"00110012": {"vr": "LO", "Value": ["ACME"]}, "00111201": {"vr": "LO", "Value": ["x"]}}
    document = to_xml(metadata)
    assert b'tag="00110001" vr="LO" privateCreator="ACME"' in document
    assert from_xml(document) == metadata


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><NativeDicomModel>&e;</NativeDicomModel>',
        b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><NativeDicomModel>&c;</NativeDicomModel>',
        b"<NativeDicomModel>&e;</NativeDicomModel>",
        b"<NativeDicomModel>",
        b"<html/>",
        b"",
        b'<NativeDicomModel><DicomAttribute tag="x" vr="LO"/></NativeDicomModel>',
        b'<NativeDicomModel><DicomAttribute tag="00100020" vr="LO"><Value number="99999999">1</Value>'
        b"</DicomAttribute></NativeDicomModel>",
    ],
)
def test_documents_that_mean_ill_are_malformed(document: bytes) -> None:
    with pytest.raises(Malformed):
        from_xml(document)


def test_nesting_without_end_is_too_large() -> None:
    level = b'<DicomAttribute tag="00081140" vr="SQ"><Item number="1">'
    with pytest.raises(TooLarge):
        from_xml(b"<NativeDicomModel>" + level * 5000)
