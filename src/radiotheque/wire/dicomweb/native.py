"""A DICOM JSON object as Native DICOM Model XML (PS3.19 A.1): what small answers of our own making need."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pydicom.datadict import keyword_for_tag

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xml:space="preserve">'
_PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
_CONTROLS = {code: None for code in range(32) if code not in (9, 10, 13)}


def native_xml(model: Mapping[str, Any]) -> bytes:
    """Give the XML document of a DICOM JSON object, UTF-8."""
    return (_HEAD + _attributes(model) + "</NativeDicomModel>").encode()


def _attributes(model: Mapping[str, Any]) -> str:
    return "".join(_attribute(tag, element) for tag, element in model.items())


def _attribute(tag: str, element: Mapping[str, Any]) -> str:
    vr, keyword = element["vr"], keyword_for_tag(int(tag, 16))
    named = f" keyword={quoteattr(keyword)}" if keyword else ""
    body = "".join(_value(vr, number, value) for number, value in enumerate(element.get("Value", ()), 1))
    if "BulkDataURI" in element:
        body = f"<BulkData uri={quoteattr(element['BulkDataURI'])}/>"
    if "InlineBinary" in element:
        body = f"<InlineBinary>{element['InlineBinary']}</InlineBinary>"
    return f'<DicomAttribute tag="{tag}" vr="{vr}"{named}>{body}</DicomAttribute>'


def _value(vr: str, number: int, value: Any) -> str:
    if vr == "SQ":
        return f'<Item number="{number}">{_attributes(value)}</Item>'
    if vr == "PN":
        return f'<PersonName number="{number}">{_name(value or {})}</PersonName>'
    return f'<Value number="{number}">{_text("" if value is None else str(value))}</Value>'


def _name(groups: Mapping[str, str]) -> str:
    return "".join(f"<{group}>{_components(text)}</{group}>" for group, text in groups.items())


def _components(text: str) -> str:
    pairs = zip(_PARTS, text.split("^"), strict=False)
    return "".join(f"<{part}>{_text(value)}</{part}>" for part, value in pairs if value)


def _text(value: str) -> str:
    """Escape text; what XML 1.0 cannot hold at all is left out."""
    return escape(value.translate(_CONTROLS))
