"""Values without a standard concept get codes of ours: short enough for DICOM, and no two the same."""

from radiotheque.core.uid import UID
from radiotheque.dicom.annotations import Annotation
from radiotheque.dicom.measures import Given, Sides, measure
from radiotheque.dicom.publishing import NAMES, _code
from radiotheque.dicom.spacing import Spacing
from radiotheque.dicom.terms import NAMES as TERMS
from tools.vectors.measures import POINTS


def names_of_values():
    """Every name under which a value may be published."""
    found = set()
    for kind, counts in POINTS.items():
        points = tuple((float(n * n % 7), float(n * 3 % 11)) for n in range(counts[-1]))
        drawn = Annotation("1", kind, UID("1.2.3"), 1, points, text="5")
        for value in measure(drawn, Spacing(0.1, 0.1, "detector"), Given(sides=Sides("R", "R"))):
            found.add(value.name)
    return found - set(NAMES)


def test_every_value_has_a_name_that_people_read():
    assert names_of_values() <= set(TERMS)


def test_codes_of_ours_are_short_and_differ():
    names = names_of_values()
    assert {"hip_knee_ankle_angle", "mechanical_axis_deviation_angle", "mechanical_axis_deviation"} <= names
    codes = [_code(name) for name in names]
    assert len(set(codes)) == len(names)
    assert max(map(len, codes)) <= 16
