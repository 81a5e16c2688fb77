"""The Native DICOM Model in XML, from and to DICOM JSON (PS3.19 A.1, PS3.18 F.1)."""

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.sax.saxutils import escape, quoteattr

from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.dicom.dictionary import BINARY, keyword_of
from radiotheque.dicom.walker import LIMITS

type Json = dict[str, Any]

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBERS = {
    "DS": float,
    "FD": float,
    "FL": float,
    "IS": int,
    "SL": int,
    "SS": int,
    "SV": int,
    "UL": int,
    "US": int,
    "UV": int,
}


def to_xml(metadata: Mapping[str, Any]) -> bytes:
    """Give one data set in DICOM JSON as a Native DICOM Model document, UTF-8.

    Characters that XML cannot hold become U+FFFD. Raises `TooLarge` for nesting.
    """
    body = "".join(_attributes(metadata, 0))
    return f'<?xml version="1.0" encoding="UTF-8"?><NativeDicomModel xmlns="{NAMESPACE}">{body}</NativeDicomModel>'.encode()


def _clean(value: Any) -> str:
    return _NOT_IN_XML.sub("\ufffd", str(value))


def _escaped(value: Any) -> str:
    return escape(_clean(value), {"\r": "&#13;"})  # a bare CR would be read as LF (XML 1.0 2.11)


def _attributes(metadata: Mapping[str, Any], depth: int) -> Iterator[str]:
    if depth > LIMITS.depth:
        raise TooLarge(f"sequences are nested more than {LIMITS.depth} levels deep")
    for tag, given in metadata.items():
        keyword = keyword_of(int(tag, 16))
        named = f" keyword={quoteattr(keyword)}" if keyword != tag else ""
        creator = _creator(metadata, tag)
        private = f" privateCreator={quoteattr(_clean(creator))}" if creator else ""
        # of a private element the number of its block says nothing outside its file: 00 stands there (PS3.19 A.1.5.2)
        shown = f"{tag[:4]}00{tag[6:]}" if creator else tag
        yield f'<DicomAttribute tag="{shown}" vr="{given["vr"]}"{named}{private}>'
        yield from _content(given, depth)
        yield "</DicomAttribute>"


def _creator(metadata: Mapping[str, Any], tag: str) -> str:
    """Give the Private Creator of a private element (PS3.19 A.1.5.2, PS3.5 7.8.1)."""
    if not int(tag[:4], 16) & 1 or int(tag[4:], 16) < 0x1000:
        return ""
    found = metadata.get(f"{tag[:4]}00{tag[4:6]}")
    value = found.get("Value") if found else None
    return str(value[0]) if value else ""


def _content(given: Mapping[str, Any], depth: int) -> Iterator[str]:
    if "BulkDataURI" in given:
        yield f"<BulkData uri={quoteattr(given['BulkDataURI'])}/>"
    elif "InlineBinary" in given:
        yield f"<InlineBinary>{given['InlineBinary']}</InlineBinary>"
    for number, value in enumerate(given.get("Value", ()), 1):
        if given["vr"] == "SQ":
            yield f'<Item number="{number}">'
            yield from _attributes(value, depth + 1)
            yield "</Item>"
        elif value is None:
            continue  # an empty value has no element; the numbers of the others say where it was
        elif given["vr"] == "PN":
            yield f'<PersonName number="{number}">{"".join(map(_group, _GROUPS, map(value.get, _GROUPS)))}</PersonName>'
        else:
            yield f'<Value number="{number}">{_escaped(value)}</Value>'


def _group(name: str, text: str | None) -> str:
    if not text:
        return ""
    parts = zip(_COMPONENTS, text.split("^", 4), strict=False)
    inner = "".join(f"<{part}>{_escaped(value)}</{part}>" for part, value in parts if value)
    return f"<{name}>{inner}</{name}>"


class _Tree(TreeBuilder):
    """Builds the tree of a document that has no DOCTYPE and bounded depth: no entity is ever declared or fetched."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise Malformed("a document type is not taken in DICOM XML")

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > 2 * LIMITS.depth + 6:
            raise TooLarge(f"sequences are nested more than {LIMITS.depth} levels deep")
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def from_xml(document: bytes) -> Json:
    """Give the data set of a Native DICOM Model document as DICOM JSON. Raises `Malformed`, `TooLarge`."""
    parser = XMLParser(target=_Tree())
    try:
        parser.feed(document)
        root = parser.close()
    except ParseError as error:
        raise Malformed(f"not well-formed XML: {error}") from error
    if _name(root) != "NativeDicomModel":
        raise Malformed("not a Native DICOM Model: its root element has another name")
    return _read_attributes(root)


def _name(node: Element) -> str:
    return node.tag.rpartition("}")[2]


def _read_attributes(parent: Element) -> Json:
    made: Json = {}
    private: list[tuple[str, str, Json]] = []
    for node in parent:
        tag, vr, creator = node.get("tag", "").upper(), node.get("vr", ""), node.get("privateCreator", "")
        if _name(node) != "DicomAttribute" or not re.fullmatch("[0-9A-F]{8}", tag):
            raise Malformed("a Native DICOM Model holds DicomAttribute elements with a tag only")
        content = _read_content(node, vr)
        if creator:
            private.append((tag, creator, content))
        else:
            made[tag] = content
    for tag, creator, content in private:
        made[f"{tag[:4]}{_block(made, tag[:4], creator):02X}{tag[6:]}"] = content
    return made


def _block(made: Json, group: str, creator: str) -> int:
    """Give the block that a Private Creator has reserved, a free one if it has none yet (PS3.5 7.8.1)."""
    blocks = [f"{group}00{block:02X}" for block in range(0x10, 0x100)]
    theirs = [name for name in blocks if made.get(name, {}).get("Value") == [creator]]
    free = [name for name in blocks if name not in made]
    if not theirs and not free:
        raise Malformed(f"group {group} has no free block for another private creator")
    name = (theirs or free)[0]
    made[name] = {"vr": "LO", "Value": [creator]}
    return int(name[6:], 16)


def _read_content(node: Element, vr: str) -> Json:
    found: dict[int, Any] = {}
    for position, child in enumerate(node, 1):
        name = _name(child)
        if name == "BulkData":
            return {"vr": vr, "BulkDataURI": child.get("uri") or child.get("uuid") or ""}
        if name == "InlineBinary":
            return {"vr": vr, "InlineBinary": "".join((child.text or "").split())}
        number = child.get("number", str(position))
        if not number.isdigit() or int(number) > len(node) + 10_000:
            raise Malformed(f"a value of {node.get('tag')} has no proper number")
        found[int(number)] = _read_value(child, name, vr)
    if not found:
        return {"vr": vr}
    return {"vr": vr, "Value": [found.get(number) for number in range(1, max(found) + 1)]}


def _read_value(node: Element, name: str, vr: str) -> Any:
    if name == "Item":
        return _read_attributes(node)
    if name == "PersonName":
        return {_name(group): _read_group(group) for group in node if _name(group) in _GROUPS}
    if name != "Value" or vr in BINARY:
        raise Malformed(f"{name!r} is no content of an attribute of VR {vr}")
    text = node.text or ""
    number = _NUMBERS.get(vr)
    if number is None or not text.strip():
        return text or None
    try:
        value = number(text)
    except ValueError:
        return text
    return value if isfinite(value) else text


def _read_group(node: Element) -> str:
    parts = {_name(child): child.text or "" for child in node}
    return "^".join(parts.get(name, "") for name in _COMPONENTS).rstrip("^")
