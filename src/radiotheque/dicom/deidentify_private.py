"""Private elements that are known to be safe (PS3.15 E.3.10)."""

from pydicom.dataset import Dataset

SAFE: dict[tuple[int, str], frozenset[int]] = {
    (0x0019, "GEMS_ACQU_01"): frozenset({0x23, 0x24, 0x27, 0x9E}),
    (0x0043, "GEMS_PARM_01"): frozenset({0x27}),
    (0x0045, "GEMS_HELIOS_01"): frozenset({0x01, 0x02}),
    (0x00E1, "ELSCINT1"): frozenset({0x21}),
    (0x01E1, "ELSCINT1"): frozenset({0x26, 0x50}),
    (0x01F1, "ELSCINT1"): frozenset({0x01, 0x07, 0x26, 0x27}),
    (0x0903, "GEIIS PACS"): frozenset({0x10, 0x11, 0x12}),
    (0x2001, "Philips Imaging DD 001"): frozenset({0x03, 0x04}),
    (0x7053, "Philips PET Private Group"): frozenset({0x00, 0x09}),
}
"""Group and creator → elements, of PS3.15 Table E.3.10-1: those that numbers and settings of a scanner are kept in."""


def keep_safe_private(ds: Dataset) -> frozenset[int]:
    """Give the tags of the private elements of a data set that may stay, with the creators that reserve their blocks.

    Safe are those of the table, and blocks or elements that the object itself declares to hold no identity (Private Data
    Element Characteristics Sequence, PS3.3 C.12.1.1.7); the verifier searches them all the same.
    """
    declared = _declared(ds)
    kept: set[int] = set()
    for tag in list(ds.keys()):
        if not tag.is_private or tag.is_private_creator or tag.element < 0x1000:
            continue
        creator = tag.group << 16 | tag.element >> 8
        name = str(ds[creator].value) if creator in ds else ""
        known = SAFE.get((tag.group, name), frozenset()) | declared.get((tag.group, name), frozenset())
        if name and tag.element & 0xFF in known:
            kept |= {int(tag), creator}
    return frozenset(kept)


def _declared(ds: Dataset) -> dict[tuple[int, str], frozenset[int]]:
    found = {}
    for block in ds.get("PrivateDataElementCharacteristicsSequence") or ():
        status = block.get("BlockIdentifyingInformationStatus")
        safe = (
            range(0x100)
            if status == "SAFE"
            else block.get("NonidentifyingPrivateElements")
            if status == "MIXED"
            else ()
        )
        elements = [safe] if isinstance(safe, int) else safe or ()
        key = int(block.get("PrivateGroupReference", 0)), str(block.get("PrivateCreatorReference", ""))
        found[key] = frozenset(int(element) & 0xFF for element in elements)
    return found
