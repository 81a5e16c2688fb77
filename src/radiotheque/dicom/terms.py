"""What is measured, as people read it: in English in the objects, in other languages where a person is told of them."""

from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text that is translated where it is told."""
    return text


NAMES: Mapping[str, str] = {
    "length": _("Length"),
    "angle": _("Angle"),
    "supplementary_angle": _("Supplementary angle"),
    "cobb_angle": _("Cobb angle"),
    "long_axis": _("Long axis"),
    "short_axis": _("Short axis"),
    "area": _("Area"),
    "perimeter": _("Perimeter"),
    "mean": _("Mean"),
    "sd": _("Standard deviation"),
    "min": _("Minimum"),
    "max": _("Maximum"),
    "count": _("Pixels"),
    "value": _("Pixel value"),
    "known_length": _("Known length"),
    "pixel_width": _("Width of a pixel"),
    "cardiothoracic_ratio": _("Cardiothoracic ratio"),
    "heart_width": _("Width of the heart"),
    "chest_width": _("Width of the chest"),
    "leg_length": _("Leg length"),
    "leg_length_difference": _("Difference in leg length"),
    "hip_knee_ankle_angle": _("Hip–knee–ankle angle"),
    "mechanical_axis_deviation_angle": _("Deviation from 180°"),
    "mechanical_axis_deviation": _("Knee from the axis"),
    "pelvic_obliquity_angle": _("Pelvic obliquity"),
    "height_difference": _("Difference in height"),
}
"""By the names that `measures` gives."""

SIDES: Mapping[str, str] = {"R": _("right"), "L": _("left")}
NOTES: Mapping[str, str] = {"varus": _("varus"), "valgus": _("valgus")}
WHICH: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "leg_length_difference": (_("Longer leg"), {"R": _("right longer"), "L": _("left longer")}),
    "pelvic_obliquity_angle": (_("Higher side"), {"R": _("right side higher"), "L": _("left side higher")}),
    "height_difference": (_("Higher side"), {"R": _("right side higher"), "L": _("left side higher")}),
}
"""Values whose side says which of two it is: what that is called, and how it is said."""
ALIGNMENT = _("Alignment of the leg")

PLANES: Mapping[str, str] = {
    "calibrated": _("calibrated"),
    "magnification": _("corrected for magnification (estimated)"),
    "detector": _("at detector"),
    "film": _("film plane"),
    "user": _("calibrated by the reader"),
}
"""Where millimetres come from, by the sources of `spacing`."""

TEXTS = tuple(
    dict.fromkeys(
        [
            *NAMES.values(),
            *SIDES.values(),
            *NOTES.values(),
            *(each for name, said in WHICH.values() for each in (name, *said.values())),
            ALIGNMENT,
            *PLANES.values(),
        ]
    )
)
"""All of them, for whoever translates."""
