"""What an object refers to or carries: called on the workbench with a whole Part 10 file."""

from pydicom.dataset import Dataset

from radiotheque.dicom.reading import Bytes, read_part10


def images_of_state(part10: Bytes) -> list[tuple[str, str, list[int]]]:
    """Give (Series UID, SOP Instance UID, frames from 1, none for all) of a presentation state's images (PS3.3 C.11.11)."""
    state, _ = read_part10(part10)
    found = []
    for series in state.get("ReferencedSeriesSequence") or []:
        for image in series.get("ReferencedImageSequence") or []:
            uids = str(series.get("SeriesInstanceUID", "")), str(image.get("ReferencedSOPInstanceUID", ""))
            found.append((*uids, _frames(image)))
    return found


def _frames(image: Dataset) -> list[int]:
    numbers = image.get("ReferencedFrameNumber")
    if numbers in (None, ""):
        return []
    return [int(numbers)] if isinstance(numbers, int | str) else [int(number) for number in numbers]
