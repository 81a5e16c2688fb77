"""What picture is wanted: said by whoever asks, without the codecs that make it."""

import math
from dataclasses import dataclass

from radiotheque.core.errors import Malformed, Unsupported

JPEG, PNG, GIF, WEBP = "image/jpeg", "image/png", "image/gif", "image/webp"
MEDIA_TYPES = (JPEG, PNG, GIF, WEBP)
LINEAR, LINEAR_EXACT, SIGMOID = "LINEAR", "LINEAR_EXACT", "SIGMOID"
FUNCTIONS = {"linear": LINEAR, "linear-exact": LINEAR_EXACT, "sigmoid": SIGMOID}
"""Window functions as PS3.18 8.3.5.1.4 names them, and as VOI LUT Function (0028,1056) does."""

SMALL_EDGE = 768
"""Pictures that fit into so many pixels a side are made from a frame's smaller copy, where it has one."""
EXACT_EDGES = (256, 512)
"""Square viewports for which a frame has a smaller copy of the picture's very size: thumbnails and previews."""


@dataclass(frozen=True, slots=True)
class Viewport:
    """The picture that is asked for: it fits in `width` × `height`, and shows a region of the source.

    `x` and `y` are its top left corner, `region_width` and `region_height` its size in source pixels, 0 for all that is left
    of the image; a negative size turns the picture round (PS3.18 8.3.5.1.3).
    """

    width: int
    height: int
    x: float = 0.0
    y: float = 0.0
    region_width: float = 0.0
    region_height: float = 0.0


@dataclass(frozen=True, slots=True)
class Window:
    """A window on the Modality LUT's output. `function` is LINEAR, LINEAR_EXACT or SIGMOID (PS3.3 C.11.2.1)."""

    centre: float
    width: float
    function: str = LINEAR

    @property
    def usable(self) -> bool:
        """Whether the width is one that the standard allows: at least 1 for LINEAR, above 0 for the others."""
        enough = self.width >= 1 if self.function == LINEAR else self.width > 0
        return bool(enough and math.isfinite(self.centre) and math.isfinite(self.width))


@dataclass(frozen=True, slots=True)
class Recipe:
    """What picture is wanted.

    `window` (centre, width) with `function` ("linear", "linear-exact", "sigmoid") goes before the image's own; it says
    nothing to colour images. `quality` is 1…100 and matters to JPEG and WebP. `annotation` burns in "patient" and
    "technique" as the header has them. Without `viewport` the picture has the image's own size.
    """

    media_type: str = JPEG
    viewport: Viewport | None = None
    window: tuple[float, float] | None = None
    function: str = "linear"
    quality: int = 90
    annotation: tuple[str, ...] = ()

    @property
    def small(self) -> bool:
        """Whether a smaller copy of the whole image holds enough for this picture."""
        port = self.viewport
        return (
            port is not None
            and max(port.width, port.height) <= SMALL_EDGE
            and not (port.x or port.y or port.region_width or port.region_height)
        )

    @property
    def exact_edge(self) -> int:
        """The side of the square viewport for which there is a copy of the picture's very size, 0 for none."""
        port = self.viewport
        if not self.small or port is None or port.width != port.height:
            return 0
        return port.width if port.width in EXACT_EDGES else 0

    def __post_init__(self) -> None:
        if self.media_type not in MEDIA_TYPES:
            raise Unsupported(
                "pictures are not made as {media_type}; ask for {known}",
                media_type=f"{self.media_type[:40]!r}",
                known=", ".join(MEDIA_TYPES),
            )
        if not 1 <= self.quality <= 100:
            raise Malformed("quality is a whole number from 1 to 100")
        if self.function not in FUNCTIONS:
            raise Malformed("the window function is one of {known}", known=", ".join(FUNCTIONS))
        if self.window is not None and not Window(*self.window, FUNCTIONS[self.function]).usable:
            raise Malformed("a window has a width of at least 1 with the linear function, above 0 with the others")


@dataclass(frozen=True, slots=True)
class Taken:
    """Which frame is rendered: its number from 0, the bit at which it begins in its bytes, and a presentation state.

    `bit` is 0 but for frames of single bits; `state` is a Part 10 file, b"" for none.
    """

    number: int = 0
    bit: int = 0
    state: bytes | memoryview = b""
