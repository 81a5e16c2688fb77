"""From a reader's draft to the DICOM objects that publish it: run in a child process, for it parses foreign headers.

What comes of one version of a draft is the same each time, UIDs and times included: a publication that was interrupted
is made again and gives equal objects, which the archive then has already.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from radiotheque.core.uid import UID
from radiotheque.dicom.annotations import Annotation, annotation_of
from radiotheque.dicom.decode import decode_frame, pixel_info
from radiotheque.dicom.drafted import Greys, Image, Made, Measured, Order, Place, View, view_given
from radiotheque.dicom.functional import items_of
from radiotheque.dicom.grey import after_modality, chain_of
from radiotheque.dicom.measures import LEGS, Given, Sides, Value, measure
from radiotheque.dicom.orientation import laterality_of, letters_of
from radiotheque.dicom.publishing import Group, as_part10, key_object, measurement_report, presentation_state
from radiotheque.dicom.reading import read_part10
from radiotheque.dicom.rendermodel import unit_of
from radiotheque.dicom.spacing import USER, Spacing, aspect_of, by_user, spacing_of
from radiotheque.dicom.terms import WHICH

STATES, NOTES, REPORTS = 9001, 9002, 9003
"""Series Numbers, behind whatever a modality gives."""


def compose(images: Mapping[str, Image], order: Order) -> list[Made]:
    """Give the objects that publish a draft; `images` by SOP Instance UID are all those it names."""
    opened = {uid: read_part10(image.head) for uid, image in images.items()}
    headers = {uid: ds for uid, (ds, _) in opened.items()}
    groups = _groups(images, opened, order)
    made = list(_states(images, headers, groups, order))
    keys: dict[str, set[int]] = {}
    for each in order.draft["key_images"]:
        keys.setdefault(each["instance"], set()).add(each["frame"])
    if keys:
        marked = [(headers[uid], sorted(frames)) for uid, frames in keys.items()]
        made.append(key_object(marked, order.about, _place(order, "note", NOTES, 1)))
    groups = [(one, values) for one, values in groups if values]
    if groups:
        named: dict[str, Dataset] = {one.instance: headers[one.instance] for one, _ in groups}
        made.append(measurement_report(named, groups, order.about, _place(order, "report", REPORTS, 1)))
    return [_finished(ds, order) for ds in made]


def state_for(image: Image, order: Order) -> bytes:
    """Give the presentation state alone of an image, as a Part 10 file; `order` names no other, and its view."""
    opened = read_part10(image.head)
    ds = opened[0]
    instance = str(ds.SOPInstanceUID)
    groups = _groups({instance: image}, {instance: opened}, order)
    return as_part10(next(_states({instance: image}, {instance: ds}, groups, order)))


def _groups(images: Mapping[str, Image], opened: Mapping[str, tuple[Dataset, str]], order: Order) -> list[Group]:
    annotations = [annotation_of(each) for each in order.draft["annotations"]]
    return [(one, _measured(images[one.instance], opened[one.instance], one, order)) for one in annotations]


def _states(
    images: Mapping[str, Image], headers: Mapping[str, Dataset], groups: Sequence[Group], order: Order
) -> Iterator[Dataset]:
    """Yield a presentation state for each image that was drawn on or of which a view is kept."""
    views = {each["instance"]: view_given(each) for each in reversed(order.draft["views"])}
    named = dict.fromkeys([*(one.instance for one, _ in groups), *views])
    for number, instance in enumerate(named, 1):
        header = headers[instance]
        if "Rows" not in header:
            continue
        view = view_on(header, views.get(instance, View()), images[instance].default)
        view = replace(view, calibrated=_calibrated(header, view, order))
        place = _place(order, f"state {instance}", STATES, number)
        drawn = [group for group in groups if group[0].instance == instance]
        yield presentation_state(header, drawn, view, about=order.about, place=place)


def view_on(header: Dataset, view: View, default: Greys | None) -> View:
    """Give a view in the words of a state, which alone says the polarity: the image's own is not heeded (PS3.4 N.2.3)."""
    dark_is_high = str(header.get("PhotometricInterpretation", "")) == "MONOCHROME1"
    return replace(view, invert=dark_is_high != view.invert, default=default)


def _measured(image: Image, opened: tuple[Dataset, str], annotation: Annotation, order: Order) -> list[Measured]:
    ds, syntax = opened
    if "Rows" not in ds:
        return []
    number = annotation.frame - 1
    spacing, aspect = _scale(ds, number, order), aspect_of(ds, number)
    letters = letters_of(ds, number)
    given = Given(
        aspect=aspect,
        sides=Sides(laterality_of(ds, number), *(letters["left"], letters["top"]) if letters else ()),
        pixels=_values(ds, syntax, image.frames.get(annotation.frame), number),
        unit=unit_of(ds, number),
    )
    return [_told(value, annotation) for value in measure(annotation, spacing, given)]


def _told(value: Value, annotation: Annotation) -> Measured:
    own = annotation.kind in LEGS and value.name not in WHICH
    leg, which = (value.side, "") if own else ("", value.side)
    return Measured(value.name, value.value, value.unit, value.source, leg=leg, which=which, note=value.note)


def _calibrated(ds: Dataset, view: View, order: Order) -> tuple[float, float] | None:
    spacing = _scale(ds, view.frame - 1, order)
    return (spacing.row, spacing.column) if spacing.source == USER else None


def _scale(ds: Dataset, number: int, order: Order) -> Spacing:
    """Give the spacing that the reader found on the image or its series, else the file's own."""
    for each in reversed(order.draft["calibrations"]):
        if str(ds.get("SOPInstanceUID")) == each.get("instance") or str(ds.get("SeriesInstanceUID")) == each.get(
            "series"
        ):
            return by_user(float(each["mm_per_pixel"]), aspect_of(ds, number))
    return spacing_of(ds, number)


def _values(ds: Dataset, syntax: str, frame: bytes | None, number: int) -> Any:
    """Give a grey frame after the Modality LUT, (rows, columns) float64 with NaN for padding; None without one."""
    info = pixel_info(ds, syntax)
    if frame is None or info.samples != 1:
        return None
    stored = decode_frame(frame, info).reshape(info.rows, info.columns)
    chain = chain_of(ds, info, number)
    values = after_modality(chain, stored.astype(np.float64))
    if chain.padding is not None:
        values[(stored >= chain.padding[0]) & (stored <= chain.padding[1])] = np.nan
    return values


def _place(order: Order, what: str, series_number: int, number: int) -> Place:
    return Place(uid_for(order.seed, f"series {series_number}"), series_number, uid_for(order.seed, what), number)


def uid_for(seed: str, what: str) -> UID:
    """Give a UID that is always the same for the same words (PS3.5 B.2, a UUID made of a digest)."""
    digest = bytearray(hashlib.sha256(f"{seed}\0{what}".encode()).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80  # version 8, its variant (RFC 9562 5.8)
    return UID(f"2.25.{int.from_bytes(digest)}")


def _finished(ds: Dataset, order: Order) -> Made:
    """Put the draft's time in the place of the clock's, and UIDs of ours in that of random ones."""
    date, time = order.moment[:8], order.moment[8:]
    for part in ("InstanceCreation", "Content", "PresentationCreation", "Series"):
        if f"{part}Date" in ds:
            setattr(ds, f"{part}Date", date)
            setattr(ds, f"{part}Time", time)
    for item in items_of(ds, "ContributingEquipmentSequence"):
        if "ContributionDateTime" in item:
            item.ContributionDateTime = order.moment
    for number, item in enumerate(_references(ds)):
        item.UID = uid_for(order.seed, f"tracking {number}")
    return Made(str(ds.SOPClassUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID), as_part10(ds))


def _references(ds: Dataset) -> Iterator[Dataset]:
    """Yield the content items that are UIDs, at any depth, always in the same order."""
    stack = items_of(ds, "ContentSequence")
    while stack:
        item = stack.pop()
        if item.get("ValueType") == "UIDREF":
            yield item
        stack += items_of(item, "ContentSequence")
