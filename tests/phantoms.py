"""The made radiographs of the tests: a short way to `radiotheque.testing.phantoms`."""

from radiotheque.testing.phantoms import (
    EXPLICIT_LE,
    Film,
    dataset_bytes,
    made_uid,
    part10,
    phantom,
    phantom_dataset,
    phantom_pixels,
)

__all__ = [
    "EXPLICIT_LE",
    "Film",
    "dataset_bytes",
    "made_uid",
    "part10",
    "phantom",
    "phantom_dataset",
    "phantom_pixels",
]
