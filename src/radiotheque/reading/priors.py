"""Which earlier studies are worth a look beside this one: pure scores.

The same part of the body counts most, then its views and side, then the kind of modality, then how recent it is.
"""

import datetime
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from radiotheque.reading.regions import closeness

REGION, VIEWS, SIDE, MODALITY, RECENT = 40, 20, 20, 10, 10
"""What each agreement adds; together 100."""

_KINDS = (frozenset(("CR", "DX", "RG")), frozenset(("XA", "RF")), frozenset(("IO", "PX")))
_NO_IMAGES = frozenset(("SR", "PR", "KO", "DOC", "REG", "SEG", "AU"))
HALF_AFTER_DAYS = 365.25
"""Recency halves each year."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a study shows. Views and sides are empty where nobody has looked into its headers yet."""

    regions: frozenset[str]
    modalities: frozenset[str]
    date: str = ""
    views: frozenset[str] = frozenset()
    sides: frozenset[str] = frozenset()


def score(current: Sight, prior: Sight) -> int:
    """Say how well a prior goes with a study, from 0 (nothing in common) to 100; 0 when it shows another part of the body."""
    near = closeness(current.regions, prior.regions)
    unknown = not current.regions or not prior.regions
    if not near and not unknown:
        return 0
    points = REGION * near / 2 + VIEWS * _shared(current.views, prior.views) + SIDE * _sides(current, prior)
    points += MODALITY * _modality(current.modalities, prior.modalities)
    return round(points + RECENT * _recency(current.date, prior.date))


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Give which share of one's views the other has; half where one of them is not known."""
    if not one or not other:
        return 0.5
    return len(one & other) / len(one)


def _sides(current: Sight, prior: Sight) -> float:
    """Give 1 for a side in common, half where one of them is not known, else 0."""
    paired = frozenset(("L", "R"))
    one, other = current.sides & paired, prior.sides & paired
    if not one or not other:
        return 0.5
    return 1.0 if one & other else 0.0


def _modality(one: frozenset[str], other: frozenset[str]) -> float:
    """Give 1 for the same modality, half for another that makes the same kind of image."""
    mine, theirs = one - _NO_IMAGES, other - _NO_IMAGES
    if mine & theirs:
        return 1.0
    return 0.5 if any(kind & mine and kind & theirs for kind in _KINDS) else 0.0


def _recency(current: str, prior: str) -> float:
    with suppress(ValueError):
        then, earlier = (datetime.datetime.strptime(text, "%Y%m%d") for text in (current, prior))
        return float(0.5 ** (max((then - earlier).days, 0) / HALF_AFTER_DAYS))
    return 0.0


def ranked[T](scored: Sequence[tuple[T, int, str]]) -> list[tuple[T, int]]:
    """Give (what, score) of those that are worth a look, the best first, among equals the latest moment first."""
    worth = [one for one in scored if one[1] > 0]
    return [(what, points) for what, points, _ in sorted(worth, key=lambda one: (one[1], one[2]), reverse=True)]
