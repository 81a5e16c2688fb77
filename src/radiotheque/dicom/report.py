"""Structured reports, key object notes and dose reports as HTML, text and XML; encapsulated PDF as it is.

PS3.18 8.7.4 (rendered media types), PS3.3 C.17.3 (SR document content). The tree is walked without recursion and with a
limit of items; every value is escaped, nothing refers to anything outside the page.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID

from radiotheque.core.errors import TooLarge, Undecodable, Unsupported
from radiotheque.dicom.reading import FOREIGN, Bytes, read_part10

HTML, TEXT, XML, PDF = "text/html", "text/plain", "text/xml", "application/pdf"
MEDIA_TYPES = (HTML, TEXT, XML)

_MAX_ITEMS = 50_000
_MAX_DEPTH = 64
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#16202a;background:#fff}"
    "h1{font-size:1.5rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;background:#f2f5f8;"
    "padding:.75rem 1rem}dt{color:#4a5865}dd{margin:0}ul{list-style:none;padding-left:1.1rem;border-left:2px solid #dde4ea}"
    "body>ul{padding-left:0;border:0}li{margin:.3rem 0}.c{font-weight:600}.n{color:#4a5865}.v{white-space:pre-wrap}"
)
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})(?:\.\d+)?")
_MOMENT = re.compile(r"(?P<day>\d{8})(?P<time>\d{6}(?:\.\d+)?)(?P<zone>[+-]\d{4})?")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_HEADING = (
    ("Patient", "PatientName"),
    ("Patient ID", "PatientID"),
    ("Birth date", "PatientBirthDate"),
    ("Sex", "PatientSex"),
    ("Accession number", "AccessionNumber"),
    ("Study date", "StudyDate"),
    ("Study", "StudyDescription"),
    ("Institution", "InstitutionName"),
    ("Content date", "ContentDate"),
    ("Completion", "CompletionFlag"),
    ("Verification", "VerificationFlag"),
)
_PLAIN = {
    "TEXT": "TextValue",
    "DATETIME": "DateTime",
    "DATE": "Date",
    "TIME": "Time",
    "PNAME": "PersonName",
    "UIDREF": "UID",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One content item: its depth in the tree, value type, concept name and value, in words."""

    depth: int
    kind: str
    name: str
    value: str
    relationship: str = ""


def render_report(part10: Bytes, media_type: str = HTML) -> tuple[str, bytes]:
    """Give a structured report as HTML, text or XML: media type with charset, and UTF-8 bytes.

    Raises `Unsupported` for another media type or an object that has no content tree, `Undecodable`, `TooLarge`.
    """
    if media_type not in MEDIA_TYPES:
        raise Unsupported(
            "reports are not rendered as {media_type}; ask for {known}",
            media_type=f"{media_type[:40]!r}",
            known=", ".join(MEDIA_TYPES),
        )
    ds, _ = read_part10(part10)
    if "ContentSequence" not in ds and "ValueType" not in ds:
        raise Unsupported("the object is no structured report; it is given back as it came")
    try:
        heading = [(label, said) for label, keyword in _HEADING if (said := _text(ds.get(keyword)))]
        title = _concept(ds) or "Structured report"
        lines = list(content_lines(ds))
    except FOREIGN as error:
        raise Undecodable(
            "the report cannot be read ({name}); it is kept as it came", name=type(error).__name__
        ) from error
    made = {HTML: _html, TEXT: _plain_text, XML: _xml}[media_type](title, heading, lines)
    return f"{media_type}; charset=utf-8", made.encode("utf-8", "replace")


def content_lines(ds: Dataset) -> Iterator[Line]:
    """Yield the content items in document order, without the root (PS3.3 C.17.3). Raises `TooLarge`."""
    stack: list[tuple[int, Iterator[Dataset]]] = [(0, iter(ds.get("ContentSequence") or []))]
    left = _MAX_ITEMS
    while stack:
        depth, items = stack[-1]
        item = next(items, None)
        if item is None:
            stack.pop()
            continue
        left -= 1
        if left < 0 or depth >= _MAX_DEPTH:
            raise TooLarge(
                "the report has over {items} items or {levels} levels; it is kept as it came",
                items=_MAX_ITEMS,
                levels=_MAX_DEPTH,
            )
        kind = _text(item.get("ValueType"))
        yield Line(depth, kind, _concept(item), _value(item, kind), _text(item.get("RelationshipType")))
        stack.append((depth + 1, iter(item.get("ContentSequence") or [])))


def encapsulated_pdf(part10: Bytes) -> tuple[str, bytes]:
    """Give the PDF that an Encapsulated PDF holds, without padding (PS3.3 C.24.2).

    Raises `Unsupported` when it says another type, or its content is no PDF: what only calls itself one is not shown.
    """
    ds, _ = read_part10(part10)
    document = ds.get("EncapsulatedDocument")
    if not isinstance(document, bytes) or _text(ds.get("MIMETypeOfEncapsulatedDocument")).lower() != PDF:
        raise Unsupported("the object holds no PDF document; it is given back as it came")
    length = ds.get("EncapsulatedDocumentLength")
    document = document[:length] if isinstance(length, int) and 0 < length <= len(document) else document.rstrip(b"\0")
    if b"%PDF-" not in document[:1024]:
        raise Unsupported("the document calls itself PDF and is none; it is given back as it came")
    return PDF, document


def _text(value: Any) -> str:
    """Give a value as one printable string; a person name's components as words."""
    if value is None:
        return ""
    if hasattr(value, "alphabetic"):
        return ", ".join(part for part in str(value.alphabetic or value).split("^") if part)
    if not isinstance(value, str) and isinstance(value, Sequence) and not isinstance(value, bytes):
        return " \\ ".join(_text(each) for each in value)
    return "".join(letter for letter in str(value) if letter.isprintable() or letter in "\n\r\t").strip()


def _meaning(items: Any) -> str:
    for item in items or []:
        code = _text(item.get("CodeValue") or item.get("LongCodeValue") or item.get("URNCodeValue"))
        return _text(item.get("CodeMeaning")) or code
    return ""


def _concept(item: Dataset) -> str:
    return _meaning(item.get("ConceptNameCodeSequence"))


def _value(item: Dataset, kind: str) -> str:
    if kind in _PLAIN:
        return _text(item.get(_PLAIN[kind]))
    if kind == "CODE":
        return _meaning(item.get("ConceptCodeSequence"))
    if kind == "NUM":
        return _number(item)
    if kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
        return "; ".join(_reference(each) for each in item.get("ReferencedSOPSequence") or [])
    if kind in ("SCOORD", "SCOORD3D"):
        points = item.get("GraphicData")
        count = 0 if points is None else 1 if isinstance(points, float) else len(points)
        return f"{_text(item.get('GraphicType'))} ({count // (3 if kind == 'SCOORD3D' else 2)} points)"
    if kind == "TCOORD":
        return _text(item.get("TemporalRangeType"))
    if "ReferencedContentItemIdentifier" in item:
        return f"see item {_text(item.ReferencedContentItemIdentifier)}".replace(" \\ ", ".")
    return ""


def _number(item: Dataset) -> str:
    for measured in item.get("MeasuredValueSequence") or []:
        for unit in measured.get("MeasurementUnitsCodeSequence") or []:
            code = _text(unit.get("CodeValue"))
            # UCUM's code for "no unit" says nothing to a reader
            shown = (
                "" if code == "1" else code if _text(unit.get("CodingSchemeDesignator")) == "UCUM" else _meaning([unit])
            )
            return f"{_text(measured.get('NumericValue'))} {shown}".strip()
        return _text(measured.get("NumericValue"))
    return _meaning(item.get("NumericValueQualifierCodeSequence"))


def _reference(item: Dataset) -> str:
    name = UID(_text(item.get("ReferencedSOPClassUID"))).name
    frames = _text(item.get("ReferencedFrameNumber"))
    return f"{name} {_text(item.get('ReferencedSOPInstanceUID'))}" + (f" frame {frames}" if frames else "")


type Heading = Sequence[tuple[str, str]]


def _said(label: str, value: str) -> str:
    return _readable("DATE", value) if label.endswith("date") else value


def _readable(kind: str, value: str) -> str:
    """Give a moment as ISO 8601 has it, which all languages read alike; anything else, or half a moment, as it is."""
    if kind == "DATE" and (day := _DAY.fullmatch(value)):
        return "-".join(day.groups())
    if kind == "TIME" and (time := _TIME.fullmatch(value)):
        return ":".join(time.groups())
    if kind == "DATETIME" and (moment := _MOMENT.fullmatch(value)):
        zone = moment["zone"] or ""
        shown = f"{_readable('DATE', moment['day'])} {_readable('TIME', moment['time'])}"
        return f"{shown} {zone[:3]}:{zone[3:]}" if zone else shown
    return value


def _html(title: str, heading: Heading, lines: Sequence[Line]) -> str:
    out = [
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        f'content="{_POLICY}"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n<dl>"
    ]
    out += [f"<dt>{escape(label)}</dt><dd>{escape(_said(label, said))}</dd>" for label, said in heading]
    out.append("</dl>\n<ul>")
    depth = 0
    for number, line in enumerate(lines):
        while depth < line.depth:
            out.append("<ul>")
            depth += 1
        out.append(_html_item(line))
        following = lines[number + 1].depth if number + 1 < len(lines) else 0
        if following <= line.depth:
            out.append("</li>")
        while depth > following:
            out.append("</ul></li>")
            depth -= 1
    out.append("</ul>\n</body></html>\n")
    return "\n".join(out)


def _html_item(line: Line) -> str:
    name = escape(line.name)
    if line.kind == "CONTAINER":
        return f'<li><span class="c">{name}</span>'
    colon = ": " if name and line.value else ""
    return f'<li><span class="n">{name}{colon}</span><span class="v">{escape(_readable(line.kind, line.value))}</span>'


def _plain_text(title: str, heading: Heading, lines: Sequence[Line]) -> str:
    out = [title, "=" * len(title), ""]
    width = max((len(label) for label, _ in heading), default=0)
    out += [f"{label + ':':<{width + 2}}{_said(label, said)}" for label, said in heading] + [""]
    for line in lines:
        margin = "  " * line.depth
        value = (
            _readable(line.kind, line.value).replace("\r\n", "\n").replace("\r", "\n").replace("\n", f"\n{margin}  ")
        )
        out.append(f"{margin}{line.name}{': ' if line.name and value else ''}{value}".rstrip())
    return "\n".join(out) + "\n"


def _xml(title: str, heading: Heading, lines: Sequence[Line]) -> str:
    out = ['<?xml version="1.0" encoding="UTF-8"?>', f"<report>\n<title>{_for_xml(title)}</title>\n<heading>"]
    out += [f'<entry name="{_for_xml(label)}">{_for_xml(said)}</entry>' for label, said in heading]
    out.append("</heading>\n<content>")
    open_items = 0
    for line in lines:
        out += ["</item>"] * (open_items - line.depth)
        open_items = line.depth + 1
        relation = f' relationship="{_for_xml(line.relationship)}"' if line.relationship else ""
        value = f"<value>{_for_xml(line.value)}</value>" if line.value else ""
        out.append(f'<item type="{_for_xml(line.kind)}"{relation}><name>{_for_xml(line.name)}</name>{value}')
    out += ["</item>"] * open_items + ["</content>\n</report>\n"]
    return "\n".join(out)


def _for_xml(text: str) -> str:
    """Give text escaped, without the characters that XML 1.0 does not know."""
    return escape("".join(letter for letter in text if letter in "\t\n\r" or (letter >= "\x20" and letter not in "￾￿")))
