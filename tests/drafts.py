"""Drafts to publish: every kind of annotation on an image of 80 × 96 pixels, its views and its key images."""

from typing import Any

POINTS: dict[str, list[list[float]]] = {
    "length": [[10, 12], [50, 42]],
    "polyline": [[10, 12], [20, 30.5], [40, 33]],
    "angle": [[10, 10], [20, 20], [30, 10]],
    "open_angle": [[10, 10], [20, 20], [30, 10], [44, 14]],
    "cobb": [[10, 10], [30, 12], [10, 60], [30, 54]],
    "bidirectional": [[10, 40], [50, 40], [30, 30], [30, 50]],
    "rectangle": [[5.5, 6.25], [25, 26]],
    "ellipse": [[20, 50], [60, 50], [40, 40], [40, 60]],
    "freehand": [[30, 30], [60, 35], [40, 60]],
    "probe": [[33.5, 44.5]],
    "arrow": [[10, 70], [30, 50]],
    "text": [[12, 80]],
    "calibration": [[10, 90], [35, 90]],
    "cardiothoracic_ratio": [[20, 60], [38, 60], [60, 62], [38, 62], [8, 66], [74, 66]],
    "leg_length": [[20, 5], [20, 90], [60, 6], [60, 88]],
    "hip_knee_ankle": [[20, 5], [24, 48], [20, 90]],
    "pelvic_obliquity": [[10, 30], [70, 33]],
}
"""Kind → points, (column, row) in pixels."""


def annotation(kind: str, instance: str, frame: int = 1, **wishes: Any) -> dict[str, Any]:
    """Give an annotation of a kind on a frame as the server gives it back."""
    words = {"text": "Fracture ?\nœdème 骨折", "calibration": "25"}
    return {
        "id": f"id-{kind}-{frame}",
        "kind": kind,
        "instance": instance,
        "frame": frame,
        "points": [[float(x), float(y)] for x, y in POINTS[kind]],
        "text": words.get(kind, ""),
        "label": f"{kind} 1" if kind == "length" else "",
        "colour": "#ffcc00" if kind == "arrow" else "",
        "locked": kind == "probe",
        **wishes,
    }


def view(instance: str, **wishes: Any) -> dict[str, Any]:
    """Give a view as the viewer keeps it: turned, flipped, windowed and zoomed."""
    return {
        "instance": instance,
        "frame": 1,
        "centre": [40.0, 48.0],
        "zoom": 2.5,
        "area": [8.0, 10.0, 72.0, 90.0],
        "rotation": 90,
        "flip_h": True,
        "flip_v": False,
        "window": {"centre": 2000.5, "width": 1234.0, "function": "LINEAR"},
        "invert": True,
        "gamma": 1,
        **wishes,
    }


def draft(instance: str, frame: int = 1) -> dict[str, Any]:
    """Give a draft with every kind of annotation on one frame, its view, and its image marked."""
    return {
        "annotations": [annotation(kind, instance, frame) for kind in POINTS],
        "key_images": [{"instance": instance, "frame": frame}],
        "views": [view(instance)],
        "calibrations": [],
    }
