"""Attributes of a kept instance that are no columns of the catalog, read from its header when somebody asks for them."""

from typing import Any

from radiotheque.archive.current import current
from radiotheque.core.instance import Location
from radiotheque.core.ports import BlobStore
from radiotheque.dicom.dictionary import keyword_of, tag_of
from radiotheque.dicom.framing import opened
from radiotheque.dicom.metadata import to_dict

type Described = dict[str, tuple[str, ...]]

_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def attributes_of(location: Location, names: tuple[str, ...] | None, blobs: BlobStore) -> Described:
    """Give the values of `names` (keywords or 8-digit tags) of the first level, of all when None, as strings.

    A person's name is `A=I=P`. Sequences and bulk data have no strings and are left out; so is what the instance lacks.
    """
    now = current(location, blobs)
    data = to_dict(opened(now.read, now.size, transfer_syntax=now.transfer_syntax, dataset_offset=now.dataset_offset))
    wanted = (
        {f"{tag_of(name):08X}": name for name in names}
        if names is not None
        else {tag: keyword_of(int(tag, 16)) for tag in data}
    )
    return {
        name: tuple(_string(value) for value in data[tag].get("Value", ()))
        for tag, name in wanted.items()
        if tag in data and data[tag]["vr"] != "SQ" and "BulkDataURI" not in data[tag]
    }


def _string(value: Any) -> str:
    if isinstance(value, dict):
        return "=".join(value.get(group, "") for group in _GROUPS).rstrip("=")
    return "" if value is None else str(value)
