"""The greys of a presentation state: the Modality LUT of its image, and the window or table that its reader chose."""

from collections.abc import Iterator, Sequence
from copy import deepcopy

from pydicom.dataset import Dataset

from radiotheque.dicom.drafted import View
from radiotheque.dicom.functional import items_of, scopes
from radiotheque.dicom.grey import lut_of, windows_of
from radiotheque.dicom.recipe import LINEAR

_MODALITY = ("ModalityLUTSequence", "RescaleSlope")
_VOI = ("VOILUTSequence", "WindowCenter")
_GREYS = frozenset({*_MODALITY, *_VOI, "RescaleIntercept", "RescaleType", "WindowWidth", "NumberOfFrames"})


def without_greys(header: Dataset) -> Dataset:
    """Give a copy without what `set_greys` puts in: the library takes one window or table for one frame, we the frame's."""
    plain = Dataset()
    plain.update(header)
    for keyword in _GREYS:
        if keyword in plain:
            delattr(plain, keyword)
    plain.SharedFunctionalGroupsSequence, plain.PerFrameFunctionalGroupsSequence = [Dataset()], []
    return plain


def set_greys(state: Dataset, header: Dataset, view: View) -> None:
    """Put in the Modality LUT of the image, for a state without one means identity (PS3.4 N.2), and the chosen window or table."""
    modality = _scope(header, "PixelValueTransformationSequence", view.frame, _MODALITY)
    if modality is not None and "ModalityLUTSequence" in modality:
        state.ModalityLUTSequence = deepcopy(modality.ModalityLUTSequence)
    elif modality is not None:
        state.RescaleIntercept, state.RescaleSlope = modality.get("RescaleIntercept", 0), modality.RescaleSlope
        state.RescaleType = modality.get("RescaleType") or "US"
    item = _voi(header, view)
    if item is not None:
        state.SoftcopyVOILUTSequence = [item]


def _voi(header: Dataset, view: View) -> Dataset | None:
    """Give what was chosen: a window of the reader's own, else one of the image's choices, tables first (`rendermodel`)."""
    if view.window is not None:
        return _window(*view.window)
    scope = _scope(header, "FrameVOILUTSequence", view.frame, _VOI)
    choices = list(_choices(scope)) if scope is not None else []
    if choices:
        return choices[min(view.voi, len(choices) - 1)]
    return _window(*view.default) if view.default is not None else None


def _choices(scope: Dataset) -> Iterator[Dataset]:
    for table in items_of(scope, "VOILUTSequence"):
        if lut_of(table) is not None:
            item = Dataset()
            item.VOILUTSequence = [deepcopy(table)]
            yield item
    for words, window in windows_of(scope):
        item = _window(window.centre, window.width, window.function)
        if words:
            item.WindowCenterWidthExplanation = words[:64]
        yield item


def _window(centre: float, width: float, function: str) -> Dataset:
    item = Dataset()
    item.WindowCenter, item.WindowWidth = f"{centre:.10g}", f"{width:.10g}"
    if function != LINEAR:
        item.VOILUTFunction = function
    return item


def _scope(header: Dataset, group: str, frame: int, keywords: Sequence[str]) -> Dataset | None:
    """Give where one of the attributes stands for a frame (from 1): its functional groups, the shared ones, the image itself."""
    for scope in scopes(header, frame - 1, group):
        if any(scope.get(keyword) not in (None, "") for keyword in keywords):
            return scope
    return None
