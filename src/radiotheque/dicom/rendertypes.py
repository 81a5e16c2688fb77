"""What a viewer is told of an image: the shapes of the render model, as JSON (see `rendermodel`).

Coordinates are [x, y], column and row in pixels of the image, (0, 0) the top left corner of its top left pixel and (1, 1)
that pixel's bottom right corner (PS3.3 C.10.5.1.2). Frames count from 1. Bytes are base64.
"""

from typing import Literal, NotRequired, TypedDict


class LutModel(TypedDict):
    """A lookup table: the first value that it maps, the bits of an entry, and its entries as uint16 little endian."""

    first: int
    bits: int
    data: str


class Pixels(TypedDict):
    """Where a frame is, and how it is encoded. `size` is in bytes, 0 while it is not known.

    `lossless` says that what is given is what was stored; whether that had lost something before is `Lossy`.
    """

    codec: Literal["htj2k", "jpeg", "png", "raw"]
    url: str
    bits: int
    signed: bool
    size: int
    lossless: bool


class ModalityModel(TypedDict):
    """Stored values → values: a table, else a line. `unit` is Rescale Type, "" for none."""

    slope: float
    intercept: float
    unit: str
    lut: LutModel | None


class Voi(TypedDict):
    """A choice of greys: a table, or a window of `centre` and `width` with `function` LINEAR, LINEAR_EXACT or SIGMOID."""

    explanation: str
    lut: LutModel | None
    centre: NotRequired[float]
    width: NotRequired[float]
    function: NotRequired[str]


class Shape(TypedDict):
    """What a shutter leaves open: a rectangle, a circle or a polygon; or, for `bitmap`, what it hides."""

    shape: Literal["rectangle", "circle", "polygon", "bitmap"]
    left: NotRequired[float]
    right: NotRequired[float]
    top: NotRequired[float]
    bottom: NotRequired[float]
    centre: NotRequired[list[float]]
    radius: NotRequired[float]
    points: NotRequired[list[list[float]]]
    data: NotRequired[str]
    rows: NotRequired[int]
    columns: NotRequired[int]
    origin: NotRequired[list[int]]


class Shutter(TypedDict):
    """Shapes that hide together: seen is what lies inside all of them and under no bitmap. `grey` is 0 black to 255."""

    shapes: list[Shape]
    grey: int


class OverlayModel(TypedDict):
    """One overlay plane: one bit a pixel, the least significant first, rows one after the other without gaps."""

    group: int
    label: str
    description: str
    kind: str
    origin: list[int]
    rows: int
    columns: int
    data: str


class SpacingModel(TypedDict):
    """Millimetres between rows and between columns, and their source; see `spacing`."""

    row: float
    column: float
    source: Literal["calibrated", "magnification", "detector", "film", "user", "unknown"]
    factor: float
    note: str
    description: str


class Letters(TypedDict):
    """The directions in the patient that lie at the edges of the picture."""

    left: str
    right: str
    top: str
    bottom: str


Lossy = TypedDict("Lossy", {"is": bool, "ratio": float, "method": str})
"""Whether a lossy compression was done at any time, the greatest ratio of one, and the methods."""


type Operation = Literal["AVG_SUB", "TID", "REV_TID"]
"""What is subtracted: an average of masks, or an earlier frame at a distance that stays, or that grows."""


class Mask(TypedDict):
    """One way to subtract (PS3.3 C.7.6.10.1.1). `ranges` are the frames that it is for, [first, last] each; none: all.

    AVG_SUB subtracts the average of `frames`; TID the frame that lies `offset` before; REV_TID the frame `offset` before the first
    of the ranges, `offset` + 2 before the second, and so on. `average` frames from the current one on are averaged first, and the
    mask is moved by `shift`: rows down, columns right.
    """

    operation: Operation
    frames: list[int]
    offset: int
    average: int
    shift: list[float]
    ranges: list[list[int]]


class Cine(TypedDict):
    """The pace of a multi-frame image, `fps` 0 where nothing says it; its masks, and whether it is to be seen subtracted."""

    frame_times_ms: list[float]
    fps: float
    masks: list[Mask]
    subtracted: bool


class IdentityModel(TypedDict):
    """Whose image it is, and when and where it was taken. Dates are YYYYMMDD, `acquired` is YYYYMMDDHHMMSS."""

    patient_name: str
    patient_id: str
    issuer: str
    birth_date: str
    sex: str
    study_date: str
    acquired: str
    accession: str
    institution: str
    station: str
    description: str


class WindowPreset(TypedDict):
    """A window of the site that applies to the image."""

    explanation: str
    lut: None
    centre: float
    width: float
    function: str


class RenderModel(TypedDict):
    """Everything that a viewer needs to draw a frame, without a dictionary of DICOM.

    `voi` is never empty, its first is shown first. `padding` is the range of stored values, both ends in it, that are no
    image and black whatever is done. `invert`: greys are turned round at the end. `aspect` is a pixel's height over its
    width. `per_frame`: the model of another frame of the instance may be another, so it is to be asked for. `note` says what
    was done to the pixels that a reader ought to know.
    """

    study: str
    series: str
    instance: str
    sop_class: str
    frame: int
    frames: int
    rows: int
    columns: int
    kind: Literal["grey", "colour"]
    pixels: Pixels
    photometric: str
    invert: bool
    modality: ModalityModel
    voi: list[Voi]
    presentation_lut: LutModel | None
    padding: list[int] | None
    shutter: Shutter | None
    overlays: list[OverlayModel]
    spacing: SpacingModel
    aspect: float
    orientation: Letters | None
    laterality: str
    view: str
    view_text: str
    body_part: str
    presets: list[WindowPreset]
    lossy: Lossy
    burned_in: str
    for_processing: bool
    cine: Cine
    per_frame: bool
    note: str
    identity: IdentityModel
