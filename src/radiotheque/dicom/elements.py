"""Elements of the DICOM JSON Model (PS3.18 F.2) as text, where text is what is compared and kept."""

from collections.abc import Mapping
from typing import Any

_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def strings_of(element: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the values as strings, a person's name as `A=I=P`; () for a sequence and for bytes, which are no text."""
    if element["vr"] == "SQ":
        return ()
    return tuple(_string(value) for value in element.get("Value", ()))


def _string(value: Any) -> str:
    if isinstance(value, dict):
        return "=".join(value.get(group, "") for group in _GROUPS).rstrip("=")
    return "" if value is None else str(value)
