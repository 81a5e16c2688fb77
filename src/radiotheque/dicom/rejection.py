"""Rejection notes: Key Object Selections that say which objects are to be hidden, and why (IHE RAD TF-3 4.66, IOCM)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from radiotheque.core.errors import Malformed
from radiotheque.core.uid import UID, parse_uid
from radiotheque.dicom.framing import opened
from radiotheque.dicom.metadata import to_dict
from radiotheque.dicom.walker import Read

KEY_OBJECT_SELECTION = UID("1.2.840.10008.5.1.4.1.1.88.59")

REASONS = {
    "113001": "Rejected for Quality Reasons",
    "113037": "Rejected for Patient Safety Reasons",
    "113038": "Incorrect Modality Worklist Entry",
    "113039": "Data Retention Policy Expired",
}
"""Document titles (PS3.16 CID 7011) that make a Key Object Selection a rejection note."""

_TITLE, _CODE, _SCHEME = "0040A043", "00080100", "00080102"
_EVIDENCE, _SERIES, _OBJECTS = "0040A375", "00081115", "00081199"
_STUDY_UID, _SERIES_UID, _INSTANCE_UID = "0020000D", "0020000E", "00081155"


def reason_of(code: str) -> str:
    """Give the code of a reason for rejecting. Raises `Malformed` for one that is none, naming those that are."""
    if code not in REASONS:
        named = ", ".join(f"{known} ({meaning})" for known, meaning in REASONS.items())
        raise Malformed("the reason is a code of PS3.16 CID 7011: {named}; nothing was rejected", named=named)
    return code


@dataclass(frozen=True, slots=True)
class RejectionNote:
    """Why, and what: (study, series, instance) of every object named."""

    code: str
    objects: tuple[tuple[UID, UID, UID], ...]


def rejection_note(read: Read, size: int, *, transfer_syntax: str, dataset_offset: int) -> RejectionNote | None:
    """Give the note that a Key Object Selection is, None when its title is another. Raises `Malformed`, `TooLarge`."""
    data = to_dict(opened(read, size, transfer_syntax=transfer_syntax, dataset_offset=dataset_offset))
    title = next(_items(data, _TITLE), {})
    code = _text(title, _CODE)
    if _text(title, _SCHEME) != "DCM" or code not in REASONS:
        return None
    return RejectionNote(code, tuple(_named(data)))


def _named(data: dict[str, Any]) -> Iterator[tuple[UID, UID, UID]]:
    for study in _items(data, _EVIDENCE):
        for series in _items(study, _SERIES):
            for instance in _items(series, _OBJECTS):
                texts = (_text(study, _STUDY_UID), _text(series, _SERIES_UID), _text(instance, _INSTANCE_UID))
                if not all(texts):
                    raise Malformed("the rejection note names an object without all of its UIDs")
                yield parse_uid(texts[0]), parse_uid(texts[1]), parse_uid(texts[2])


def _items(data: dict[str, Any], tag: str) -> Iterator[dict[str, Any]]:
    yield from (item for item in data.get(tag, {}).get("Value", ()) if isinstance(item, dict))


def _text(data: dict[str, Any], tag: str) -> str:
    value = data.get(tag, {}).get("Value", ("",))
    return value[0] if value and isinstance(value[0], str) else ""
