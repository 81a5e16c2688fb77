"""Content items of structured reports and texts on images without identity (PS3.15 E.3.3, E.3.4)."""

from collections.abc import Callable, Sequence
from typing import Protocol

from pydicom.dataset import Dataset

from radiotheque.dicom.deidentify_profile import Action, Option, concepts
from radiotheque.dicom.deidentify_values import dummy

_REFERENCES = ("IMAGE", "COMPOSITE", "WAVEFORM")
_VALUES = {
    "TEXT": ("TextValue", "UT"),
    "PNAME": ("PersonName", "PN"),
    "DATE": ("Date", "DA"),
    "TIME": ("Time", "TM"),
    "DATETIME": ("DateTime", "DT"),
}
"""Value Type → the attribute that holds the value, and its VR (PS3.3 Table C.17.3-7)."""


class Work(Protocol):
    """What the way through an instance does for its parts."""

    def item(self, item: Dataset) -> Dataset: ...
    def text(self, text: str) -> str: ...
    def moment(self, vr: str, value: str) -> str: ...
    @property
    def options(self) -> frozenset[Option]: ...


def clean_content(items: Sequence[Dataset], work: Work) -> list[Dataset]:
    """Give content items as Clean Structured Content leaves them, their children with them (PS3.15 Table E.3.4-1).

    An item that the table removes goes with its children. What it does not name is cleaned by its Value Type.
    """
    kept = []
    for item in items or ():
        action = _action(item, work.options)
        if action != Action.REMOVE:
            kept.append(_cleaned(item, action, work))
    return kept


def _action(item: Dataset, options: frozenset[Option]) -> str:
    name = next(iter(item.get("ConceptNameCodeSequence") or ()), Dataset())
    known = (str(name.get(key, "")) for key in ("CodingSchemeDesignator", "CodeValue"))
    row = concepts().get((*known, str(item.get("ValueType", ""))))  # type: ignore[arg-type]
    if row is None:
        return Action.CLEAN
    action = row.action(options)
    return Action.DUMMY if action == "X/D" else action


def _cleaned(item: Dataset, action: str, work: Work) -> Dataset:
    children = clean_content(list(item.get("ContentSequence") or ()), work)
    item.pop("ContentSequence", None)
    keyword, vr = _VALUES.get(str(item.get("ValueType", "")), ("", ""))
    said = str(item.get(keyword, "")) if keyword else ""
    work.item(item)  # the names, UIDs and dates beside the value
    if keyword:
        setattr(item, keyword, said if action == Action.KEEP else _value(vr, said, action, work))
    if children:
        item.ContentSequence = children
    return item


def _value(vr: str, said: str, action: str, work: Work) -> object:
    """Give the cleaned value: never empty, for a content item has one (PS3.3 C.17.3)."""
    if action == Action.DUMMY or vr == "PN":
        return dummy(vr)
    return (work.text(said) if vr == "UT" else work.moment(vr, said)) or dummy(vr)


def dummy_content(items: Sequence[Dataset], treated: Callable[[Dataset], Dataset]) -> list[Dataset]:
    """Give content that says nothing: references to objects under their new UIDs, or one item without meaning."""
    kept = [treated(item) for item in items or () if item.get("ValueType") in _REFERENCES]
    for item in kept:
        item.pop("ContentSequence", None)
    return kept or [_nothing()]


def _nothing() -> Dataset:
    name = Dataset()
    name.CodeValue, name.CodingSchemeDesignator, name.CodeMeaning = "121106", "DCM", "Comment"
    item = Dataset()
    item.RelationshipType, item.ValueType, item.TextValue = "CONTAINS", "TEXT", str(dummy("UT"))
    item.ConceptNameCodeSequence = [name]
    return item


def clean_graphics(items: Sequence[Dataset], work: Work) -> list[Dataset]:
    """Give annotations with their graphics as they are and their texts cleaned (PS3.15 E.3.3)."""
    for annotation in items or ():
        for text in annotation.get("TextObjectSequence") or ():
            text.UnformattedTextValue = work.text(str(text.get("UnformattedTextValue", ""))) or dummy("ST")
        texts = [str(text.UnformattedTextValue) for text in annotation.get("TextObjectSequence") or ()]
        work.item(annotation)
        for text, left in zip(annotation.get("TextObjectSequence") or (), texts, strict=True):
            text.UnformattedTextValue = left
    return list(items or ())


def dummy_graphics(items: Sequence[Dataset]) -> list[Dataset]:
    """Give one annotation without meaning, a point in the corner, on the layer of the first (PS3.3 C.10.5)."""
    layer = next((str(item.get("GraphicLayer", "")) for item in items or ()), "") or "LAYER"
    point = Dataset()
    point.GraphicAnnotationUnits, point.GraphicDimensions, point.NumberOfGraphicPoints = "PIXEL", 2, 1
    point.GraphicData, point.GraphicType = [1.0, 1.0], "POINT"
    made = Dataset()
    made.GraphicLayer, made.GraphicObjectSequence = layer, [point]
    return [made]
