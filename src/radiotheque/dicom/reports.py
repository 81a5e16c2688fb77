"""Structured reports as a person reads them: HTML, plain text and XML (PS3.3 C.17.3, PS3.18 Table 8.7.4-1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from pydicom.dataset import Dataset

from radiotheque.core.errors import Damaged, TooLarge, Unsupported
from radiotheque.dicom.reading import FOREIGN, Bytes, read_part10

HTML, TEXT, XML = "text/html", "text/plain", "text/xml"
MAX_DEPTH = 64
MAX_ITEMS = 50_000

_HEADER = (
    ("Patient", "PatientName"),
    ("Patient ID", "PatientID"),
    ("Born", "PatientBirthDate"),
    ("Sex", "PatientSex"),
    ("Study", "StudyDescription"),
    ("Study date", "StudyDate"),
    ("Accession", "AccessionNumber"),
    ("Institution", "InstitutionName"),
    ("Made by", "Manufacturer"),
    ("Content date", "ContentDate"),
    ("Completion", "CompletionFlag"),
    ("Verification", "VerificationFlag"),
)
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem}dt{color:#555}dd{margin:0}"
    "section{margin-left:1rem;border-left:1px solid #ddd;padding-left:1rem}h2,h3{font-size:1.1rem;margin:.8rem 0 .2rem}"
    "p{margin:.2rem 0;white-space:pre-line}b{font-weight:600}"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One content item: what it is called, what it says, and the items inside it."""

    relationship: str
    kind: str
    name: str
    value: str
    inside: tuple["Entry", ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it is read: a title, lines about whom and when, and the content tree."""

    title: str
    head: tuple[tuple[str, str], ...]
    root: Entry


def report_as(part10: Bytes, media_type: str) -> bytes:
    """Give a report as `text/html`, `text/plain` or `text/xml`, in UTF-8: for the workbench.

    Raises `Unsupported` for what is no report or another type, `Damaged`, `TooLarge`.
    """
    if media_type not in _WRITERS:
        raise Unsupported(f"a report is given as {', '.join(_WRITERS)}")
    ds, _ = read_part10(part10)
    if "ContentSequence" not in ds and "ConceptNameCodeSequence" not in ds:
        raise Unsupported("the object is no structured report")
    try:
        report = read_report(ds)
    except FOREIGN as error:
        raise Damaged(f"the report cannot be read ({type(error).__name__}); it is kept as it came") from error
    return _WRITERS[media_type](report).encode("utf-8", "replace")


def read_report(ds: Dataset) -> Report:
    """Give what a report says."""
    head = [(label, _shown(ds.get(keyword))) for label, keyword in _HEADER]
    for observer in ds.get("VerifyingObserverSequence") or []:
        head.append(
            (
                "Verified by",
                f"{_shown(observer.get('VerifyingObserverName'))}, {_shown(observer.get('VerificationDateTime'))}",
            )
        )
    budget = [MAX_ITEMS]
    root = Entry("", "CONTAINER", _code(ds.get("ConceptNameCodeSequence")), "", _entries(ds, 0, budget))
    return Report(root.name or "Structured report", tuple((label, text) for label, text in head if text), root)


def _entries(ds: Dataset, depth: int, budget: list[int]) -> tuple[Entry, ...]:
    items = ds.get("ContentSequence") or []
    if items and depth >= MAX_DEPTH:
        raise TooLarge(f"the report is nested deeper than {MAX_DEPTH}; it is kept as it came")
    budget[0] -= len(items)
    if budget[0] < 0:
        raise TooLarge(f"the report has more than {MAX_ITEMS} items; it is kept as it came")
    return tuple(_entry(item, depth, budget) for item in items)


def _entry(item: Dataset, depth: int, budget: list[int]) -> Entry:
    kind = _shown(item.get("ValueType"))
    relationship = _shown(item.get("RelationshipType"))
    if "ReferencedContentItemIdentifier" in item:
        return Entry(relationship, "REFERENCE", "", "see item " + _shown(item.ReferencedContentItemIdentifier))
    name = _code(item.get("ConceptNameCodeSequence"))
    return Entry(relationship, kind, name, _value(item, kind), _entries(item, depth + 1, budget))


_PLAIN_VALUES = {
    "TEXT": "TextValue",
    "DATE": "Date",
    "TIME": "Time",
    "DATETIME": "DateTime",
    "UIDREF": "UID",
    "PNAME": "PersonName",
}
_REFERRING = frozenset({"IMAGE", "COMPOSITE", "WAVEFORM"})


def _value(item: Dataset, kind: str) -> str:
    if kind in _PLAIN_VALUES:
        return _shown(item.get(_PLAIN_VALUES[kind]))
    if kind == "CODE":
        return _code(item.get("ConceptCodeSequence"))
    if kind == "NUM":
        return _measured(item)
    if kind in _REFERRING:
        uids = [_shown(each.get("ReferencedSOPInstanceUID")) for each in item.get("ReferencedSOPSequence") or []]
        return ", ".join(uids)
    if kind in ("SCOORD", "SCOORD3D", "TCOORD"):
        points = item.get("GraphicData") or []
        return f"{_shown(item.get('GraphicType') or item.get('TemporalRangeType'))} {len(points)} numbers"
    return ""


def _measured(item: Dataset) -> str:
    for measured in item.get("MeasuredValueSequence") or []:
        unit = next(iter(measured.get("MeasurementUnitsCodeSequence") or []), Dataset())
        symbol = _shown(unit.get("CodeValue"))
        symbol = "" if symbol == "1" or symbol.startswith("{") else symbol
        return f"{_shown(measured.get('NumericValue'))} {symbol}".strip()
    return _code(item.get("NumericValueQualifierCodeSequence"))


def _code(codes: Sequence[Dataset] | None) -> str:
    for code in codes or []:
        value = code.get("CodeValue") or code.get("LongCodeValue") or code.get("URNCodeValue")
        return _shown(code.get("CodeMeaning")) or _shown(value)
    return ""


def _shown(value: Any) -> str:
    """Give a value as a person reads it; the caret of names becomes a space."""
    if value is None:
        return ""
    text = str(value)
    if type(value).__name__ == "PersonName":
        text = ", ".join(part for part in text.split("=")[0].rstrip("^").split("^") if part)
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t\r").strip()


def _html(report: Report) -> str:
    head = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in report.head)
    body = "".join(_html_entry(entry) for entry in report.root.inside)
    title = escape(report.title)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1><dl>{head}</dl>{body}</body></html>\n"
    )


def _html_entry(entry: Entry) -> str:
    name, value = escape(entry.name), escape(entry.value)
    inside = "".join(_html_entry(each) for each in entry.inside)
    if entry.kind == "CONTAINER":
        heading = f"<h2>{name}</h2>" if name else ""
        return f"<section>{heading}{inside}</section>"
    label = f"<b>{name}:</b> " if name else ""
    return f"<p>{label}{value}</p>" + (f"<section>{inside}</section>" if inside else "")


def _text(report: Report) -> str:
    lines = [report.title, "=" * len(report.title), ""]
    lines += [f"{label}: {text}" for label, text in report.head]
    lines += ["", *(line for entry in report.root.inside for line in _text_lines(entry, 0)), ""]
    return "\n".join(lines)


def _text_lines(entry: Entry, depth: int) -> Iterator[str]:
    first = ": ".join(part for part in (entry.name, entry.value) if part) or entry.kind
    for line in first.splitlines() or [""]:
        yield "  " * depth + line
    for each in entry.inside:
        yield from _text_lines(each, depth + 1)


def _xml(report: Report) -> str:
    head = "".join(f'<attribute name="{escape(label)}">{escape(text)}</attribute>' for label, text in report.head)
    body = "".join(_xml_entry(entry) for entry in report.root.inside)
    title = escape(report.title)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<report title="{title}">{head}{body}</report>\n'


def _xml_entry(entry: Entry) -> str:
    traits = {"relationship": entry.relationship, "type": entry.kind, "name": entry.name}
    opened = "".join(f' {key}="{escape(text)}"' for key, text in traits.items() if text)
    value = f"<value>{escape(entry.value)}</value>" if entry.value else ""
    return f"<item{opened}>{value}{''.join(_xml_entry(each) for each in entry.inside)}</item>"


_WRITERS = {HTML: _html, TEXT: _text, XML: _xml}
