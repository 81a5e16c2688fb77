"""Functional groups: what a multi-frame object says of one frame, or of all of them (PS3.3 C.7.6.16)."""

from collections.abc import Iterator
from typing import Any

from pydicom.dataset import Dataset

PER_FRAME, SHARED = "PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"


def items_of(ds: Dataset, keyword: str) -> list[Dataset]:
    """Give the items of a sequence, none where it is missing or something else stands in its place."""
    found = ds.get(keyword)
    if found is None or isinstance(found, str | bytes | int | float) or not hasattr(found, "__iter__"):
        return []
    return [item for item in found if isinstance(item, Dataset)]


def groups(ds: Dataset, frame: int, keyword: str) -> Iterator[Dataset]:
    """Yield the items of a functional group for a frame counted from 0: its own first, then those of all frames."""
    each = items_of(ds, PER_FRAME)
    if 0 <= frame < len(each):
        yield from items_of(each[frame], keyword)
    for shared in items_of(ds, SHARED):
        yield from items_of(shared, keyword)


def scopes(ds: Dataset, frame: int, keyword: str) -> Iterator[Dataset]:
    """Yield where an attribute of a functional group may stand: the group of the frame, that of all, the object itself."""
    yield from groups(ds, frame, keyword)
    yield ds


def value_of(ds: Dataset, frame: int, group: str, keyword: str) -> Any:
    """Give the first value that is there of an attribute of a functional group, None without one."""
    for scope in scopes(ds, frame, group):
        value = scope.get(keyword)
        if value is not None and value != "":
            return value
    return None
