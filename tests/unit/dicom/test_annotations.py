"""Annotations come in and go out as JSON unchanged, and nothing else comes in."""

import pytest

from radiotheque.core.errors import Malformed
from radiotheque.dicom.annotations import KINDS, annotation_of, shown

LENGTH = {
    "id": "1",
    "kind": "length",
    "instance": "1.2.3",
    "frame": 2,
    "points": [[1.5, 2.0], [30.0, 4.25]],
    "text": "nodule?",
    "label": "a",
    "colour": "#ff8800",
    "locked": True,
}


def test_an_annotation_goes_out_as_it_came_in():
    assert shown(annotation_of(LENGTH)) == LENGTH


def test_where_the_words_were_put_is_kept():
    placed = LENGTH | {"label_at": [10.0, -20.5]}
    assert shown(annotation_of(placed)) == placed


@pytest.mark.parametrize("place", [5, "5,5", [1], [1, 2, 3], ["1", "2"], [float("nan"), 0], [1e9, 0]])
def test_words_are_put_at_a_place_that_is_one(place):
    with pytest.raises(Malformed):
        annotation_of(LENGTH | {"label_at": place})


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_so_many_points_and_no_fewer(kind):
    fewest, most = KINDS[kind]
    points = [[float(n), 0.0] for n in range(fewest)]
    assert annotation_of(LENGTH | {"kind": kind, "points": points}).kind == kind
    for wrong in (points[:-1], [[0.0, 0.0]] * (most + 1)):
        with pytest.raises(Malformed):
            annotation_of(LENGTH | {"kind": kind, "points": wrong})
