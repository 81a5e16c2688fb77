"""What a header says of one instance, as far as it must be known to hang it: from DICOM JSON, without pixels or pydicom.

The header is that of `metadata.to_dict` (PS3.18 F.2), Available Transfer Syntax UID (0008,3002) added.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypedDict

from radiotheque.core.uid import UID
from radiotheque.dicom import sopclasses, syntaxes
from radiotheque.dicom.sopclasses import Kind
from radiotheque.dicom.viewcodes import MAMMOGRAPHY, PROJECTIONS, SIDES, modified

type Header = Mapping[str, Any]
type ShownAs = Literal["image", "presentation", "key_object", "report", "document", "video", "other"]

VIDEO_CLASSES = frozenset(
    f"1.2.840.10008.5.1.4.1.1.77.1.{number}" for number in ("1.1", "2.1", "4.1")
)  # video endoscopic, microscopic and photographic images (PS3.4 B.5)
_KINDS: Mapping[Kind, ShownAs] = {
    Kind.IMAGE: "image",
    Kind.PRESENTATION_STATE: "presentation",
    Kind.KEY_OBJECTS: "key_object",
    Kind.REPORT: "report",
    Kind.DOCUMENT: "document",
}
_SHARED, _PER_FRAME, _ANATOMY = "52009229", "52009230", "00209071"
_REGION = "00082218"
_LONGEST = 400


class Fact(TypedDict):
    """What is known of one instance. `number` is its Instance Number, `acquired` YYYYMMDDHHMMSS or a head of it."""

    instance: str
    sop_class: str
    kind: ShownAs
    number: int
    rows: int
    columns: int
    frames: int
    for_processing: bool
    view: str
    view_text: str
    laterality: str
    body_part: str
    image_type: list[str]
    modality: str
    acquired: str
    what: str


def fact_of(header: Header) -> Fact:
    """Give what a header says."""
    sop_class = text(header, "00080016")
    view, words = view_of(header)
    return Fact(
        instance=text(header, "00080018"),
        sop_class=sop_class,
        kind=kind_of(header),
        number=_count(header, "00200013"),
        rows=_count(header, "00280010"),
        columns=_count(header, "00280011"),
        frames=max(_count(header, "00280008"), int(_has_pixels(header))),
        for_processing=is_for_processing(header),
        view=view,
        view_text=words,
        laterality=laterality_of(header),
        body_part=body_part_of(header),
        image_type=[value for value in map(_clean, _values(header, "00080008")) if value],
        modality=text(header, "00080060"),
        acquired=acquired(header),
        what=sopclasses.name(sop_class),
    )


def kind_of(header: Header) -> ShownAs:
    """Say what an instance is to a viewer; one of an unknown class that has pixels is tried as an image."""
    sop_class = text(header, "00080016")
    syntax = text(header, "00083002")
    if sop_class in VIDEO_CLASSES or _is_video(syntax):
        return "video"
    found = _KINDS.get(sopclasses.kind(sop_class), "other")
    if found == "other" and not sopclasses.is_storage(sop_class) and _has_pixels(header):
        return "image"
    return found


def _is_video(syntax: str) -> bool:
    row = syntaxes.SYNTAXES.get(UID(syntax))
    return row is not None and bool(row.video)


def is_for_processing(header: Header) -> bool:
    """Say whether an image is a detector's raw one, by its class or Presentation Intent Type (PS3.3 C.8.11.1)."""
    return text(header, "00080016") in sopclasses.FOR_PROCESSING or text(header, "00080068").upper() == "FOR PROCESSING"


def view_of(header: Header) -> tuple[str, str]:
    """Give the view as an abbreviation and in words, "" for what is not said; of a mammogram, the code's."""
    stated = text(header, "00185101").upper()
    code = next(_items(header, "00540220"), None)
    if code is None:
        return stated, stated
    value = text(code, "00080100")
    modifiers = list(_items(code, "00540222"))
    words = [text(item, "00080104") for item in (code, *modifiers)]
    spoken = ", ".join(word for word in words if word) or stated
    if value in MAMMOGRAPHY and (text(header, "00080060") == "MG" or not stated):
        return modified(MAMMOGRAPHY[value], [text(item, "00080100") for item in modifiers]), spoken
    return stated or PROJECTIONS.get(value, ""), spoken


def laterality_of(header: Header) -> str:
    """Give the side, R, L, B or U, "" for none: of the frames, of the image (0020,0062), of the series (0020,0060), of the region."""
    frames = [text(item, "00209072") for item in _anatomies(header)]
    for value in (*frames, text(header, "00200062"), text(header, "00200060")):
        side = value.upper()[:1]
        if side and side in "RLBU":
            return side
    for anatomy in (header, *_anatomies(header)):
        for region in _items(anatomy, _REGION):
            for modifier in _items(region, "00082220"):
                if found := SIDES.get(text(modifier, "00080100")):
                    return found
    return ""


def body_part_of(header: Header) -> str:
    """Give Body Part Examined, else the meaning of the anatomic region."""
    stated = text(header, "00180015")
    regions = (region for anatomy in (header, *_anatomies(header)) for region in _items(anatomy, _REGION))
    return stated or next((text(region, "00080104") for region in regions), "")


def acquired(header: Header) -> str:
    """Give when an image was taken: acquisition, else content, else series, else study."""
    moment = _digits(text(header, "0008002A"))
    if len(moment) >= 8:
        return moment[:14]
    for date, time in (
        ("00080022", "00080032"),
        ("00080023", "00080033"),
        ("00080021", "00080031"),
        ("00080020", "00080030"),
    ):
        day = _digits(text(header, date))
        if len(day) == 8:
            return (day + _digits(text(header, time)))[:14]
    return ""


def _digits(value: str) -> str:
    """Give the digits before a fraction or a zone; dates of the ACR-NEMA standard have dots in them."""
    whole = value if value[4:5] == "." else value.partition(".")[0]
    return "".join(sign for sign in whole.partition("+")[0].partition("-")[0] if sign.isdecimal())


def _anatomies(header: Header) -> Iterator[Header]:
    """Yield the Frame Anatomy of all frames, else of the first (PS3.3 C.7.6.16.2.8)."""
    for groups in (_SHARED, _PER_FRAME):
        first = next(_items(header, groups), None)
        if first is not None:
            yield from _items(first, _ANATOMY)


def _has_pixels(header: Header) -> bool:
    return any(tag in header for tag in ("7FE00010", "7FE00008", "7FE00009"))


def text(header: Header, tag: str) -> str:
    """Give the first value of an element as text, "" for none."""
    values = _values(header, tag)
    return _clean(values[0]) if values else ""


def _values(header: Header, tag: str) -> Sequence[Any]:
    element = header.get(tag)
    values = element.get("Value") if isinstance(element, Mapping) else None
    return values if isinstance(values, list) else ()


def _clean(value: Any) -> str:
    if isinstance(value, Mapping) or value is None:
        return ""
    words = str(value)
    shown = words if words.isprintable() else "".join(filter(str.isprintable, words))
    return shown[:_LONGEST].strip()


def _count(header: Header, tag: str) -> int:
    values = _values(header, tag)
    value = values[0] if values else 0
    return value if isinstance(value, int) and 0 <= value < 1 << 31 else 0


def _items(header: Header, tag: str) -> Iterator[Header]:
    return (item for item in _values(header, tag) if isinstance(item, Mapping))
