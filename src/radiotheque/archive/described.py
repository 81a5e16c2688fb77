"""Attributes of a kept instance that are no columns of the catalog, read from its header when somebody asks for them."""

from typing import Any

from radiotheque.archive.current import current
from radiotheque.core.instance import Location
from radiotheque.core.ports import BlobStore
from radiotheque.dicom.dictionary import keyword_of, tag_of
from radiotheque.dicom.framing import opened
from radiotheque.dicom.metadata import to_dict

type Element = dict[str, Any]
type Described = dict[str, Element]


def attributes_of(location: Location, names: tuple[str, ...] | None, blobs: BlobStore) -> Described:
    """Give the elements of `names` (keywords or 8-digit tags) of the first level, of all when None, by these names.

    They are those of the instance's metadata (PS3.18 F.2), sequences with all their items, each with the VR that the
    header gives it. Bulk data are left out, which a match does not carry, also inside items; so is what the instance lacks.
    """
    now = current(location, blobs)
    data = to_dict(opened(now.read, now.size, transfer_syntax=now.transfer_syntax, dataset_offset=now.dataset_offset))
    wanted = (
        {f"{tag_of(name):08X}": name for name in names}
        if names is not None
        else {tag: keyword_of(int(tag, 16)) for tag in data}
    )
    return {name: _carried(data[tag]) for tag, name in wanted.items() if tag in data and "BulkDataURI" not in data[tag]}


def _carried(element: Element) -> Element:
    if element["vr"] != "SQ":
        return element
    items = [
        {tag: _carried(inner) for tag, inner in item.items() if "BulkDataURI" not in inner}
        for item in element.get("Value", ())
    ]
    return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
