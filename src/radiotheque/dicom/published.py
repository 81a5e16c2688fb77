"""Presentation states, key object notes and measurement reports read back as a viewer wants them, whoever wrote them.

PS3.3 C.10.5 (graphic annotations), C.10.4 (displayed area), C.11.8 (softcopy VOI LUT), PS3.16 TID 2010 and TID 1500.
What is not understood is passed over; the object itself stays as it is and is shown by other means.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from radiotheque.core.errors import Malformed, Unsupported
from radiotheque.dicom.annotations import MANY, Annotation, annotation_of, shown
from radiotheque.dicom.presentation import Drawing, Points, drawings_of, outline
from radiotheque.dicom.reading import Bytes, read_part10

STATE, KEY_OBJECT, REPORT = "presentation_state", "key_object", "measurement_report"

MODEL = "Radiotheque"
"""Manufacturer's Model Name (0008,1090) of what this house writes."""

PRIVATE_GROUP, PRIVATE_CREATOR, PRIVATE_ELEMENT = 0x0071, "RADIOTHEQUE", 0x01
"""Where an annotation that we wrote keeps its own JSON, beside the standard graphics that any viewer shows."""

_UNITS = {"1": "", "{pixels}": "px"}
_SIDES = {"24028007": "R", "7771000": "L"}
"""Laterality (PS3.16 CID 244)."""
_MAX_ANNOTATIONS = 2_000
_MAX_ITEMS = 20_000
_KINDS_OF_DRAWINGS = {"POINT": "probe", "POLYLINE": "polyline", "INTERPOLATED": "polyline"}


def read_published(part10: Bytes) -> dict[str, Any]:
    """Give what the object says of images: see the module `reading` for the shape of the JSON.

    Raises `Unsupported` for an object that is neither a presentation state, a key object note nor a report with a
    content tree, `Undecodable`.
    """
    ds, _ = read_part10(part10)
    modality = _text(ds.get("Modality"))
    if modality == "PR" or "PresentationCreationDate" in ds:
        return _heading(ds, STATE) | _state(ds)
    if "ContentSequence" not in ds:
        raise Unsupported("the object holds no annotation that a viewer could show")
    if modality == "KO":
        return _heading(ds, KEY_OBJECT) | _key_object(ds)
    return _heading(ds, REPORT) | _report(ds)


def _heading(ds: Dataset, kind: str) -> dict[str, Any]:
    date = _text(ds.get("PresentationCreationDate")) or _text(ds.get("ContentDate"))
    time = _text(ds.get("PresentationCreationTime")) or _text(ds.get("ContentTime"))
    return {
        "instance": _text(ds.get("SOPInstanceUID")),
        "series": _text(ds.get("SeriesInstanceUID")),
        "kind": kind,
        "label": _text(ds.get("ContentLabel")) or _meaning(ds.get("ConceptNameCodeSequence")),
        "description": _text(ds.get("ContentDescription")),
        "creator": _text(ds.get("ContentCreatorName")) or _observer(ds),
        "created": date + time.partition(".")[0],
        "ours": _text(ds.get("ManufacturerModelName")) == MODEL,
        "references": [],
        "view": [],
        "annotations": [],
        "measurements": [],
    }


# presentation states


def _state(ds: Dataset) -> dict[str, Any]:
    references = [
        {"instance": _text(image.get("ReferencedSOPInstanceUID")), "frames": _frames(image)}
        for series in ds.get("ReferencedSeriesSequence") or []
        for image in series.get("ReferencedImageSequence") or []
    ]
    return {
        "references": references,
        "view": [_view(ds, reference) for reference in references],
        "annotations": [shown(one) for one in _annotations(ds, references)],
    }


def _view(ds: Dataset, reference: dict[str, Any]) -> dict[str, Any]:
    """Give how the state wants one image to be seen; `area` is [left, top, right, bottom] in pixels from 0."""
    turn = ds.get("ImageRotation")
    return {
        "instance": reference["instance"],
        "frames": reference["frames"],
        "rotation": int(turn) % 360 if isinstance(turn, int) else 0,
        "flip_h": _text(ds.get("ImageHorizontalFlip")) == "Y",
        "invert": _text(ds.get("PresentationLUTShape")) == "INVERSE",
        "area": _area(ds, reference["instance"]),
        "window": _window(ds, reference["instance"]),
    }


def _area(ds: Dataset, instance: str) -> list[float] | None:
    """Give the displayed area; its corners count pixels from 1, whatever the rotation (PS3.3 C.10.4)."""
    for item in _for_instance(ds.get("DisplayedAreaSelectionSequence"), instance):
        corners = (
            _numbers(item.get("DisplayedAreaTopLeftHandCorner")),
            _numbers(item.get("DisplayedAreaBottomRightHandCorner")),
        )
        if all(len(corner) == 2 for corner in corners):
            (x0, y0), (x1, y1) = corners
            return [min(x0, x1) - 1, min(y0, y1) - 1, max(x0, x1), max(y0, y1)]
    return None


def _window(ds: Dataset, instance: str) -> dict[str, Any] | None:
    for item in _for_instance(ds.get("SoftcopyVOILUTSequence"), instance):
        centre, width = _numbers(item.get("WindowCenter")), _numbers(item.get("WindowWidth"))
        if centre and width:
            return {"centre": centre[0], "width": width[0], "function": _text(item.get("VOILUTFunction")) or "LINEAR"}
    return None


def _annotations(ds: Dataset, references: Sequence[dict[str, Any]]) -> Iterator[Annotation]:
    left = _MAX_ANNOTATIONS
    for number, item in enumerate(ds.get("GraphicAnnotationSequence") or []):
        targets = [(_text(image.get("ReferencedSOPInstanceUID")), _frames(image)) for image in _images(item)] or [
            (reference["instance"], reference["frames"]) for reference in references
        ]
        for instance, frames in targets:
            for frame in frames or [1]:
                for one in _of_item(ds, item, (instance, frame), number):
                    if left <= 0:
                        return
                    left -= 1
                    yield one


def _of_item(ds: Dataset, item: Dataset, target: tuple[str, int], number: int) -> Iterator[Annotation]:
    ours = _own(item, target)
    if ours is not None:
        yield ours
        return
    view = _view(ds, {"instance": target[0], "frames": []})
    for place, drawing in enumerate(drawings_of(item)):
        try:
            yield annotation_of(_as_annotation(drawing, view, target, f"{number}.{place}"))
        except Malformed:
            continue


def _own(item: Dataset, target: tuple[str, int]) -> Annotation | None:
    """Give the annotation that we wrote into the item, None when it is another program's."""
    try:
        kept = item.private_block(PRIVATE_GROUP, PRIVATE_CREATOR)[PRIVATE_ELEMENT].value
        return annotation_of(json.loads(kept) | {"instance": target[0], "frame": target[1]})
    except (KeyError, ValueError, TypeError, RecursionError, Malformed):
        return None


def _as_annotation(drawing: Drawing, view: dict[str, Any], target: tuple[str, int], number: str) -> dict[str, Any]:
    points = drawing.points if drawing.in_pixels else _in_pixels(drawing.points, view)
    base = {"id": f"read.{number}", "instance": target[0], "frame": target[1], "locked": True}
    if drawing.kind == "TEXT":
        return base | {"kind": "text", "points": points[:1].tolist(), "text": drawing.text[:1024]}
    if drawing.kind == "ELLIPSE" and len(points) == 4:
        return base | {"kind": "ellipse", "points": points.tolist()}
    if drawing.kind == "CIRCLE" and len(points) == 2:
        centre, spoke = points[0], points[1] - points[0]
        side = np.array([-spoke[1], spoke[0]])
        ends = [centre + spoke, centre - spoke, centre + side, centre - side]
        return base | {"kind": "ellipse", "points": [end.tolist() for end in ends]}
    path = outline(drawing.kind, points)
    return base | {
        "kind": _KINDS_OF_DRAWINGS.get(drawing.kind, "polyline"),
        "points": path[:: max(1, -(-len(path) // MANY))].tolist(),
    }


def _in_pixels(points: Points, view: dict[str, Any]) -> Points:
    """Give points in parts of the displayed area as columns and rows: that area is turned and flipped (PS3.3 C.10.5.1.1).

    Raises `Malformed` when the state names no area.
    """
    if view["area"] is None:
        raise Malformed("the state does not say which area is displayed")
    if view["flip_h"]:
        points = np.stack([1 - points[:, 0], points[:, 1]], axis=1)
    for _ in range(view["rotation"] // 90 % 4):  # back by a quarter
        points = np.stack([points[:, 1], 1 - points[:, 0]], axis=1)
    left, top, right, bottom = view["area"]
    pixels: Points = np.array([left, top]) + points * np.array([right - left, bottom - top])
    return pixels


# key object notes and reports


def _key_object(ds: Dataset) -> dict[str, Any]:
    said = [_text(item.get("TextValue")) for item in _items(ds) if _code(item) == "113012"]
    references = [
        {"instance": _text(each.get("ReferencedSOPInstanceUID")), "frames": _frames(each)}
        for item in _items(ds)
        for each in item.get("ReferencedSOPSequence") or []
    ]
    return {"references": references, "description": said[0] if said else ""}


def _report(ds: Dataset) -> dict[str, Any]:
    measurements = [found for item in _items(ds) if _is(item, "125007") for found in _group(item)]
    if not measurements:  # a report of another template: its numbers alone
        measurements = [_measured(item) for item in _items(ds) if _text(item.get("ValueType")) == "NUM"]
    instances = dict.fromkeys(found["instance"] for found in measurements if found["instance"])
    return {
        "references": [{"instance": instance, "frames": []} for instance in instances],
        "measurements": measurements,
    }


def _group(group: Dataset) -> Iterator[dict[str, Any]]:
    """Yield the numbers of one measurement group (TID 1501, TID 1410), with what it says beside them."""
    inside = list(_items(group))
    own = list(group.get("ContentSequence") or [])
    about = {
        "tracking": next((_text(item.get("TextValue")) for item in inside if _code(item) == "112039"), ""),
        "tracking_uid": next((_text(item.get("UID")) for item in inside if _code(item) == "112040"), ""),
        "side": _laterality(own),
        "evaluations": [_evaluation(item) for item in own if _is_evaluation(item)],
    }
    for item in inside:
        if _text(item.get("ValueType")) == "NUM":
            said = _measured(item)
            yield said | about | {"side": _laterality(item.get("ContentSequence") or []) or about["side"]}


def _laterality(items: Sequence[Dataset]) -> str:
    """Give R or L where the items name a site and its side (TID 300, 363698007 with 272741003 below it), else ""."""
    sites = [item for item in items if _code(item) == "363698007"]
    sides = [each for site in sites for each in site.get("ContentSequence") or [] if _code(each) == "272741003"]
    codes = {_text(code.get("CodeValue")) for each in sides for code in each.get("ConceptCodeSequence") or []}
    return _SIDES.get(next(iter(codes)), "") if len(codes) == 1 else ""


def _is_evaluation(item: Dataset) -> bool:
    return _text(item.get("ValueType")) == "CODE" and _text(item.get("RelationshipType")) == "CONTAINS"


def _evaluation(item: Dataset) -> dict[str, str]:
    return {"name": _meaning(item.get("ConceptNameCodeSequence")), "value": _meaning(item.get("ConceptCodeSequence"))}


def _measured(item: Dataset) -> dict[str, Any]:
    value, unit = None, ""
    for measured in item.get("MeasuredValueSequence") or []:
        numbers = _numbers(measured.get("NumericValue"))
        value = numbers[0] if numbers else None
        for code in measured.get("MeasurementUnitsCodeSequence") or []:
            unit = _text(code.get("CodeValue"))
    method = next((_meaning(i.get("ConceptCodeSequence")) for i in _items(item) if _code(i) == "370129005"), "")
    images = [each for inner in _items(item) for each in inner.get("ReferencedSOPSequence") or []]
    return {
        "name": _meaning(item.get("ConceptNameCodeSequence")),
        "value": value,
        "unit": _UNITS.get(unit, unit),
        "source": method,
        "side": _laterality(item.get("ContentSequence") or []),
        "evaluations": [],
        "tracking": "",
        "tracking_uid": "",
        "instance": _text(images[0].get("ReferencedSOPInstanceUID")) if images else "",
        "frames": _frames(images[0]) if images else [],
    }


def _items(root: Dataset) -> Iterator[Dataset]:
    """Yield all content items below `root` in document order, at most 20,000 of them and without recursion."""
    stack = [iter(root.get("ContentSequence") or [])]
    left = _MAX_ITEMS
    while stack and left:
        item = next(stack[-1], None)
        if item is None:
            stack.pop()
            continue
        left -= 1
        yield item
        if len(stack) < 64:
            stack.append(iter(item.get("ContentSequence") or []))


def _is(item: Dataset, code: str) -> bool:
    return _text(item.get("ValueType")) == "CONTAINER" and _code(item) == code


def _observer(ds: Dataset) -> str:
    return next((_text(item.get("PersonName")) for item in _items(ds) if _code(item) == "121008"), "")


# values


def _for_instance(items: Any, instance: str) -> Iterator[Dataset]:
    """Yield the items that name the instance, or name none and so mean all."""
    for item in items or []:
        named = [_text(image.get("ReferencedSOPInstanceUID")) for image in _images(item)]
        if not named or instance in named:
            yield item


def _images(item: Dataset) -> Sequence[Dataset]:
    return item.get("ReferencedImageSequence") or []


def _frames(image: Dataset) -> list[int]:
    return [int(number) for number in _numbers(image.get("ReferencedFrameNumber"))]


def _numbers(value: Any) -> list[float]:
    if value is None or value == "":
        return []
    values = [value] if isinstance(value, int | float | str) else list(value)
    try:
        found = [float(each) for each in values]
    except (TypeError, ValueError):
        return []
    return found if np.isfinite(found).all() else []


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _meaning(items: Any) -> str:
    return next((_text(item.get("CodeMeaning")) or _text(item.get("CodeValue")) for item in items or []), "")


def _code(item: Dataset) -> str:
    return next((_text(code.get("CodeValue")) for code in item.get("ConceptNameCodeSequence") or []), "")
