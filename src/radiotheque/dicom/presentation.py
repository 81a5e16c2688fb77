"""How an image wants to be seen, by itself or by a Grayscale Softcopy Presentation State (PS3.4 N, PS3.3 C.10, C.11)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from pydicom.dataset import Dataset

from radiotheque.dicom.decode import PixelInfo
from radiotheque.dicom.draw import put_text
from radiotheque.dicom.grey import GreyChain, chain_of, full_window, with_modality, with_presentation, with_voi
from radiotheque.dicom.overlays import Overlay, has_embedded, overlays_of, shutter_of
from radiotheque.dicom.scale import Placement, cut, oriented, resampled
from radiotheque.dicom.spacing import aspect_of

type Frame = np.ndarray[Any, Any]
type Points = np.ndarray[Any, np.dtype[np.float64]]

_MAX_DRAWINGS = 10_000
_MAX_POINTS = 100_000
_FAR = 30_000.0  # beyond any picture, within what the drawing routines count with


@dataclass(frozen=True, slots=True)
class Drawing:
    """One graphic or text: `points` (n, 2) as column and row from 0, in pixels, or in parts of the picture.

    `kind` is TEXT, POINT, POLYLINE, INTERPOLATED, CIRCLE or ELLIPSE; `grey` 0…255 is its layer's.
    """

    kind: str
    points: Points
    in_pixels: bool
    text: str = ""
    filled: bool = False
    grey: int = 255


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that is done to a frame on its way to the picture.

    `area` (left, top, columns, rows) is what is shown of it, None for all. It is turned by `quarter_turns` clockwise,
    then `mirrored`. `hidden` is True where a shutter of grey `hidden_grey` lies, (rows, columns) bool. `aspect` is a
    pixel's height over its width. `embedded`: there are overlays in the pixel data's unused bits, of `owner`.
    """

    chain: GreyChain
    overlays: tuple[Overlay, ...] = ()
    hidden: Frame | None = None
    hidden_grey: int = 0
    aspect: float = 1.0
    area: tuple[int, int, int, int] | None = None
    quarter_turns: int = 0
    mirrored: bool = False
    drawings: tuple[Drawing, ...] = field(default=())
    embedded: bool = False
    owner: Dataset | None = None
    number: int = 0


def look_of_image(ds: Dataset, info: PixelInfo, number: int) -> Look:
    """Give how an image is seen by its own attributes; `number` is the frame's, from 0."""
    shutter, hiding = _state_shutter(ds, info), ds.get("ShutterOverlayGroup")
    return Look(
        chain=chain_of(ds, info, number),
        overlays=tuple(overlay for overlay in overlays_of(ds, number) if overlay.group != hiding),
        hidden=shutter[0] if shutter else None,
        hidden_grey=shutter[1] >> 8 if shutter else 0,
        aspect=aspect_of(ds, number),
        embedded=has_embedded(ds),
        owner=ds,
        number=number,
    )


def look_of_state(state: Dataset, ds: Dataset, info: PixelInfo, number: int) -> Look:
    """Give how a presentation state wants an image to be seen.

    It replaces what the image says of itself: a transformation that the state leaves out is identity (PS3.4 N.2). Of the
    image's overlays those are shown that the state activates, besides the state's own (PS3.3 C.11.7).
    """
    chain = with_modality(GreyChain(padding=chain_of(ds, info, number).padding), state)
    softcopy = softcopy_of(state, ds, number)
    chain = with_voi(chain, softcopy) if softcopy is not None else chain
    shutter = _state_shutter(state, info)
    area, aspect = _displayed(state, ds, number)
    active = tuple(o for o in overlays_of(ds, number) if (o.group, 0x1001) in state)
    hiding = state.get("ShutterOverlayGroup")
    return Look(
        chain=with_presentation(full_window(chain, info), state),
        overlays=active + tuple(o for o in overlays_of(state, number) if o.group != hiding),
        hidden=shutter[0] if shutter else None,
        hidden_grey=shutter[1] >> 8 if shutter else 0,
        aspect=aspect,
        area=area,
        quarter_turns=_rotation(state) // 90,
        mirrored=str(state.get("ImageHorizontalFlip", "N")).strip() == "Y",
        drawings=tuple(_drawings(state, ds, number)),
    )


def softcopy_of(state: Dataset, ds: Dataset, number: int) -> Dataset | None:
    """Give the item of the Softcopy VOI LUT Sequence that is for a frame, counted from 0 (PS3.3 C.11.8)."""
    return next(_concerning(state.get("SoftcopyVOILUTSequence"), ds, number), None)


def area_of(state: Dataset, ds: Dataset, number: int) -> Dataset | None:
    """Give the item of the Displayed Area Selection Sequence that is for a frame, counted from 0 (PS3.3 C.10.4)."""
    return next(_concerning(state.get("DisplayedAreaSelectionSequence"), ds, number), None)


def _pair(value: Any) -> tuple[float, float] | None:
    try:
        first, second = (float(each) for each in value)
    except (TypeError, ValueError):
        return None
    return (first, second) if np.isfinite(first) and np.isfinite(second) else None


def _rotation(state: Dataset) -> int:
    turn = state.get("ImageRotation")
    return int(turn) % 360 if isinstance(turn, int) else 0


def _concerning(items: Any, ds: Dataset, number: int) -> Iterator[Dataset]:
    """Yield the items that name this image and frame, or name none and so mean all."""
    for item in items or []:
        references = item.get("ReferencedImageSequence") or []
        if not references or any(_names(reference, ds, number) for reference in references):
            yield item


def _names(reference: Dataset, ds: Dataset, number: int) -> bool:
    if reference.get("ReferencedSOPInstanceUID") != ds.get("SOPInstanceUID"):
        return False
    frames = reference.get("ReferencedFrameNumber")
    if frames in (None, ""):
        return True
    return number + 1 in ([int(frames)] if isinstance(frames, int | str) else [int(each) for each in frames])


def _state_shutter(state: Dataset, info: PixelInfo) -> tuple[Frame, int] | None:
    shutter = shutter_of(state, info.rows, info.columns)
    group = state.get("ShutterOverlayGroup")
    bitmap = next((overlay for overlay in overlays_of(state) if overlay.group == group), None)
    if bitmap is None:
        return shutter
    hidden = bitmap.on(info.rows, info.columns)
    value = state.get("ShutterPresentationValue")
    return (hidden | shutter[0] if shutter else hidden), int(value) if isinstance(value, int) else 0


def _displayed(state: Dataset, ds: Dataset, number: int) -> tuple[tuple[int, int, int, int] | None, float]:
    """Give the displayed area, its corners in order whatever the rotation, and the aspect ratio (PS3.3 C.10.4)."""
    for item in _concerning(state.get("DisplayedAreaSelectionSequence"), ds, number):
        spacing = _pair(item.get("PresentationPixelSpacing")) or _pair(item.get("PresentationPixelAspectRatio"))
        aspect = spacing[0] / spacing[1] if spacing and min(spacing) > 0 else 1.0
        one = _pair(item.get("DisplayedAreaTopLeftHandCorner"))
        other = _pair(item.get("DisplayedAreaBottomRightHandCorner"))
        if one is None or other is None or max(map(abs, one + other)) > 1 << 20:
            return None, aspect
        left, right = sorted((int(one[0]), int(other[0])))
        top, bottom = sorted((int(one[1]), int(other[1])))
        return (left - 1, top - 1, right - left + 1, bottom - top + 1), aspect
    return None, aspect_of(ds, number)


def _drawings(state: Dataset, ds: Dataset, number: int) -> Iterator[Drawing]:
    """Yield graphics and texts, lower layers first (PS3.3 C.10.5, C.10.7)."""
    layers = {str(layer.get("GraphicLayer", "")): layer for layer in state.get("GraphicLayerSequence") or []}
    annotations = list(_concerning(state.get("GraphicAnnotationSequence"), ds, number))

    def order(item: Dataset) -> int:
        layer = layers.get(str(item.get("GraphicLayer", "")), Dataset())
        return int(layer.get("GraphicLayerOrder") or 0)

    left = _MAX_DRAWINGS
    for item in sorted(annotations, key=order):
        for drawing in drawings_of(item, _grey(layers.get(str(item.get("GraphicLayer", "")))), most=left):
            left -= 1
            yield drawing


def drawings_of(item: Dataset, grey: int = 255, *, most: int = _MAX_DRAWINGS) -> Iterator[Drawing]:
    """Yield up to `most` graphics and texts of one item of the Graphic Annotation Sequence (PS3.3 C.10.5)."""
    for graphic in (item.get("GraphicObjectSequence") or [])[:most]:
        most -= 1
        yield from _graphic(graphic, grey)
    for text in (item.get("TextObjectSequence") or [])[: max(most, 0)]:
        yield from _text(text, grey)


def _grey(layer: Dataset | None) -> int:
    value = layer.get("GraphicLayerRecommendedDisplayGrayscaleValue") if layer is not None else None
    return int(value) >> 8 & 0xFF if isinstance(value, int) else 255


def _graphic(item: Dataset, grey: int) -> Iterator[Drawing]:
    data = item.get("GraphicData")
    values = [] if data is None or isinstance(data, float | int) else list(data)[: 2 * _MAX_POINTS]
    if len(values) < 2 or len(values) % 2:
        return
    points = np.array(values, np.float64).reshape(-1, 2)
    if np.isfinite(points).all():
        kind = str(item.get("GraphicType", "")).strip()
        filled = str(item.get("GraphicFilled", "N")).strip() == "Y"
        yield Drawing(kind, points, _in_pixels(item, "GraphicAnnotationUnits"), filled=filled, grey=grey)


def _in_pixels(item: Dataset, keyword: str) -> bool:
    return str(item.get(keyword, "PIXEL")).strip() != "DISPLAY"


def _text(item: Dataset, grey: int) -> Iterator[Drawing]:
    text = str(item.get("UnformattedTextValue", ""))[:2000]
    corner, end = _pair(item.get("BoundingBoxTopLeftHandCorner")), _pair(item.get("BoundingBoxBottomRightHandCorner"))
    if corner is not None and end is not None:
        in_pixels = _in_pixels(item, "BoundingBoxAnnotationUnits")
        yield Drawing("TEXT", np.array([corner, end]), in_pixels, text, grey=grey)
        return
    anchor = _pair(item.get("AnchorPoint"))
    if anchor is not None:
        yield Drawing("TEXT", np.array([anchor]), _in_pixels(item, "AnchorPointAnnotationUnits"), text, grey=grey)


def finished(picture: Frame, look: Look, placement: Placement, raw: Frame | None) -> Frame:
    """Give the picture with overlays, shutter, turns and drawings on it; (rows, columns[, 3]) uint8.

    `picture` is the placement's region at the placement's size; `raw` the frame as kept, for overlays in its high bits.
    """
    overlays = look.overlays
    if raw is not None and look.owner is not None:
        overlays = tuple(overlays_of(look.owner, look.number, raw))
    for overlay in overlays:
        rows, columns = max(placement.top + placement.rows, 1), max(placement.left + placement.columns, 1)
        picture = _laid_over(picture, overlay.on(rows, columns), placement, 255)
    if look.hidden is not None:
        picture = _laid_over(picture, look.hidden, placement, look.hidden_grey)
    mirrored = look.mirrored != placement.mirrored
    picture = oriented(picture, quarter_turns=look.quarter_turns, mirrored=mirrored, upside_down=placement.upside_down)
    return _drawn(picture, look, placement) if look.drawings else picture


def _laid_over(picture: Frame, plane: Frame, placement: Placement, grey: int) -> Frame:
    """Give the picture with a plane in a grey over it; at smaller sizes a pixel takes its share of both."""
    if not plane.any():
        return picture
    share = resampled(cut(plane.astype(np.float32), placement), placement.width, placement.height)
    if picture.ndim == 3:
        share = share[:, :, None]
    mixed: Frame = np.rint(picture * (1 - share) + grey * share).astype(np.uint8)
    return mixed


def _drawn(picture: Frame, look: Look, placement: Placement) -> Frame:
    picture = np.array(picture)
    size = picture.shape[1], picture.shape[0]
    for drawing in look.drawings:
        points = np.clip(_on_picture(drawing, look, placement, size), -_FAR, _FAR)
        if drawing.kind == "TEXT":
            _write(picture, drawing, points)
        else:
            _trace(picture, drawing, points)
    return picture


def _on_picture(drawing: Drawing, look: Look, placement: Placement, size: tuple[int, int]) -> Points:
    """Give a drawing's points in the picture's pixels. 0,0 is the top left corner of the first pixel (PS3.3 C.10.5.1.2)."""
    if not drawing.in_pixels:
        shares: Points = drawing.points * np.array(size, np.float64)
        return shares
    scale = np.array([placement.width / placement.columns, placement.height / placement.rows])
    points: Points = (drawing.points - np.array([placement.left, placement.top])) * scale
    wide, high = float(placement.width), float(placement.height)
    for _ in range(look.quarter_turns % 4):
        points = np.stack([high - points[:, 1], points[:, 0]], axis=1)
        wide, high = high, wide
    if look.mirrored:
        points[:, 0] = wide - points[:, 0]
    return points


def _write(picture: Frame, drawing: Drawing, points: Points) -> None:
    """Write text into its box, one line under the other, in letters that fill it; or to the right of its anchor."""
    lines = [line for line in drawing.text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    if not lines:
        return
    size = max(min(picture.shape[0] // 40, picture.shape[1] // 30, 48), 9)
    at = points.min(axis=0)
    if len(points) == 2:
        fit = int(abs(points[1, 1] - points[0, 1]) / (1.25 * len(lines)))
        size = max(min(fit, size * 2), 9)
    for number, line in enumerate(lines[:50]):
        put_text(picture, (float(at[0]), float(at[1]) + number * size * 1.25), line, size=size, grey=drawing.grey)


def _trace(picture: Frame, drawing: Drawing, points: Points) -> None:
    ink = (drawing.grey,) * (3 if picture.ndim == 3 else 1)
    width = max(min(picture.shape[:2]) // 400, 1)
    path = np.rint(outline(drawing.kind, points)).astype(np.int32)
    if drawing.kind == "POINT":
        cv2.circle(picture, (int(path[0, 0]), int(path[0, 1])), 2 * width, ink, width)
    elif drawing.filled and len(path) > 2:
        cv2.fillPoly(picture, [path], ink)
    elif len(path) > 1:
        cv2.polylines(picture, [path], False, ink, width)


def outline(kind: str, points: Points) -> Points:
    """Give a graphic's outline as a polyline (PS3.3 C.10.5.1.2): two points make a circle, four an ellipse's axes."""
    turn = np.linspace(0, 2 * np.pi, 181)[:, None]
    if kind == "CIRCLE" and len(points) >= 2:
        radius = float(np.hypot(*(points[1] - points[0])))
        circle: Points = points[0] + radius * np.hstack([np.cos(turn), np.sin(turn)])
        return circle
    if kind == "ELLIPSE" and len(points) >= 4:
        centre = (points[0] + points[1]) / 2
        ellipse: Points = centre + np.cos(turn) * (points[1] - centre) + np.sin(turn) * (points[3] - centre)
        return ellipse
    if kind == "INTERPOLATED" and len(points) > 2:
        return _curve(points)
    return points


def _curve(points: Points, steps: int = 16) -> Points:
    """Give a smooth curve through the points (Catmull-Rom); which one is left to us (PS3.3 C.10.5.1.2)."""
    points = points[: _MAX_POINTS // steps]
    ends = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    a, b, c, d = (ends[i : len(ends) - 3 + i, None, :] for i in range(4))
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    between = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    curve: Points = np.vstack([between.reshape(-1, 2), points[-1:]])
    return curve
