"""Native DICOM Model XML (PS3.19 A.1) → DICOM JSON objects, for metadata that come in as XML."""

from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from radiotheque.core.errors import Malformed, TooLarge

MAX_DEPTH = 32
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
_WHOLE = frozenset({"IS", "US", "UL", "SS", "SL", "SV", "UV"})
_DECIMAL = frozenset({"FL", "FD"})


def parse_native(data: bytes) -> dict[str, Any]:
    """Give the DICOM JSON object of one Native DICOM Model document.

    A document type declaration is refused, so no entity is ever expanded. Raises `Malformed`, `TooLarge`.
    """
    _without_entities(data)
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise Malformed("the metadata is not well-formed XML") from error
    if _local(root) != "NativeDicomModel":
        raise Malformed("the metadata is no Native DICOM Model (PS3.19 A.1)")
    return _attributes(root, 0)


def _without_entities(data: bytes) -> None:
    def refuse(*_: object) -> None:
        raise Malformed("the metadata has a document type declaration, which is not taken")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Malformed("the metadata is not well-formed XML") from error


def _local(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def _attributes(parent: ElementTree.Element, depth: int) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise TooLarge(f"sequences nested deeper than {MAX_DEPTH}")
    return {node.get("tag", "").upper(): _attribute(node, depth) for node in parent if _local(node) == "DicomAttribute"}


def _attribute(node: ElementTree.Element, depth: int) -> dict[str, Any]:
    vr = node.get("vr", "UN")
    values: list[tuple[int, Any]] = []
    for child in node:
        kind = _local(child)
        if kind == "BulkData":
            return {"vr": vr, "BulkDataURI": child.get("uri") or child.get("uuid") or ""}
        if kind == "InlineBinary":
            return {"vr": vr, "InlineBinary": "".join((child.text or "").split())}
        number = child.get("number", "")
        at = int(number) if number.isdecimal() and len(number) < 9 else len(values) + 1
        values.append((at, _value(vr, kind, child, depth)))
    found = [value for _, value in sorted(values, key=lambda each: each[0])]
    return {"vr": vr, "Value": found} if found else {"vr": vr}


def _value(vr: str, kind: str, node: ElementTree.Element, depth: int) -> Any:
    if kind == "Item":
        return _attributes(node, depth + 1)
    if kind == "PersonName":
        return {name: _name(group) for group in node if (name := _local(group)) in _GROUPS}
    text = node.text or ""
    try:
        if vr in _WHOLE:
            return int(text)
        return float(text) if vr in _DECIMAL else text
    except ValueError as error:
        raise Malformed(f"{text[:40]!r} is no number, as {vr} asks for") from error


def _name(group: ElementTree.Element) -> str:
    given = {_local(part): part.text or "" for part in group}
    return "^".join(given.get(name, "") for name in _COMPONENTS).rstrip("^")
