"""Measurements are right: figures worked out by hand, and SciPy's elliptic integral for the perimeter of an ellipse."""

import math

import numpy as np
import pytest
from scipy.special import ellipe

from radiotheque.core.uid import UID
from radiotheque.dicom.annotations import Annotation
from radiotheque.dicom.measures import Given, Sides, known_length, measure, region_mask
from radiotheque.dicom.spacing import Spacing

SQUARE = Spacing(0.5, 0.5, "detector")
TALL = Spacing(0.4, 0.3, "calibrated")
NONE = Spacing()
NOTHING = Given()


def drawn(kind, *points, **more):
    return Annotation("1", kind, UID("1.2.3"), 1, tuple((float(x), float(y)) for x, y in points), **more)


def values(kind, *points, spacing=NONE, given=NOTHING, **more):
    return {each.name: each for each in measure(drawn(kind, *points, **more), spacing, given)}


def value(name, kind, *points, **more):
    return values(kind, *points, **more)[name].value


def test_a_length_is_in_millimetres_of_its_source():
    (length,) = measure(drawn("length", (0, 0), (100, 0)), SQUARE)
    assert (length.value, length.unit, length.source) == (50, "mm", "detector")


def test_a_length_without_spacing_is_in_pixels_and_never_in_millimetres():
    (length,) = measure(drawn("length", (0, 0), (3, 4)), Spacing(0.2, 0.2, "unknown"))
    assert (length.value, length.unit, length.source) == (5, "px", "unknown")


@pytest.mark.parametrize("spacing", [Spacing(0, 0.2, "detector"), Spacing(-1, -1, "detector"), Spacing(1, 1, "")])
def test_spacing_that_is_none_gives_pixels(spacing):
    assert values("length", (0, 0), (3, 4), spacing=spacing)["length"].unit == "px"


def test_lengths_on_pixels_that_are_not_square_are_measured_in_millimetre_space():
    # 10 columns of 0.3 mm and 10 rows of 0.4 mm: a triangle of 3, 4 and 5
    assert value("length", "length", (0, 0), (10, 10), spacing=TALL) == pytest.approx(5)


def test_a_polyline_is_the_sum_of_its_parts():
    assert value("length", "polyline", (0, 0), (3, 4), (3, 10)) == pytest.approx(11)


@pytest.mark.parametrize(
    ("end", "degrees"), [((0, -5), 90), ((5, -5), 45), ((-5, 0), 180), ((5, 0), 0), ((-5, 5), 135)]
)
def test_an_angle_runs_from_0_to_180_degrees(end, degrees):
    angle = values("angle", (5, 0), (0, 0), end)["angle"]
    assert angle.value == pytest.approx(degrees)
    assert (angle.unit, angle.source) == ("deg", "")


def test_an_angle_on_pixels_that_are_not_square_is_that_in_millimetres():
    # 10 columns are 3 mm, 10 rows 4 mm: arctan(4/3), not 45°
    assert value("angle", "angle", (10, 0), (0, 0), (10, 10), spacing=TALL) == pytest.approx(
        math.degrees(math.atan2(4, 3))
    )


def test_the_aspect_of_the_pixels_counts_where_millimetres_are_unknown():
    assert value("angle", "angle", (10, 0), (0, 0), (10, 10), given=Given(aspect=2.0)) == pytest.approx(
        math.degrees(math.atan(2))
    )


def test_an_angle_without_an_arm_is_none():
    assert measure(drawn("angle", (5, 0), (0, 0), (0, 0)), SQUARE) == ()


def test_an_open_angle_is_given_with_its_supplement():
    found = values("open_angle", (0, 0), (10, 0), (0, 20), (10, 10))
    assert found["angle"].value == pytest.approx(45)
    assert found["supplementary_angle"].value == pytest.approx(135)


TILTED = [(-10.0, -math.tan(math.radians(30)) * 10), (10.0, math.tan(math.radians(30)) * 10)]
BACK = [(-10.0, 100 + math.tan(math.radians(20)) * 10), (10.0, 100 - math.tan(math.radians(20)) * 10)]


@pytest.mark.parametrize("upper", [TILTED, TILTED[::-1]])
@pytest.mark.parametrize("lower", [BACK, BACK[::-1]])
def test_a_cobb_angle_does_not_depend_on_which_way_the_plates_were_drawn(upper, lower):
    assert value("cobb_angle", "cobb", *upper, *lower) == pytest.approx(50)


def test_a_cobb_angle_of_a_severe_curve_passes_90_degrees():
    steep = math.tan(math.radians(60)) * 10
    plates = [(-10, -steep), (10, steep), (10, 100 - steep), (-10, 100 + steep)]
    assert value("cobb_angle", "cobb", *plates) == pytest.approx(120)


def test_a_cobb_angle_is_the_same_on_an_image_that_lies_on_its_side():
    turned = [(-y, x) for x, y in (*TILTED, *BACK)]
    assert value("cobb_angle", "cobb", *turned) == pytest.approx(50)


def test_the_longer_of_two_axes_is_the_long_one():
    found = values("bidirectional", (0, 0), (0, 6), (0, 0), (8, 0), spacing=SQUARE)
    assert (found["long_axis"].value, found["short_axis"].value) == (4, 3)


def test_a_rectangle_has_area_and_perimeter():
    found = values("rectangle", (10, 10), (0, 30), spacing=TALL)  # 3 mm by 8 mm
    assert found["area"].value == pytest.approx(24)
    assert found["area"].unit == "mm2"
    assert found["perimeter"].value == pytest.approx(22)


@pytest.mark.parametrize(("long", "short"), [(10, 10), (10, 5), (10, 1), (10, 0.01), (7, 0)])
def test_the_perimeter_of_an_ellipse_is_that_of_the_elliptic_integral(long, short):
    found = values("ellipse", (-long, 0), (long, 0), (0, -short), (0, short))
    assert found["perimeter"].value == pytest.approx(4 * long * ellipe(1 - (short / long) ** 2), rel=1e-6)
    assert found["area"].value == pytest.approx(math.pi * long * short)


def test_an_ellipse_on_pixels_that_are_not_square_is_one_with_other_axes():
    # a circle of 10 pixels turned by 45°: in millimetres half axes of 3 and 4
    a = 10 / math.sqrt(2)
    found = values("ellipse", (-a, -a), (a, a), (-a, a), (a, -a), spacing=TALL)
    assert found["area"].value == pytest.approx(math.pi * 12)
    assert found["perimeter"].value == pytest.approx(4 * 4 * ellipe(1 - (3 / 4) ** 2), rel=1e-9)


def test_a_freehand_region_is_a_polygon():
    found = values("freehand", (0, 0), (4, 0), (4, 3))
    assert (found["area"].value, found["area"].unit) == (6, "px2")
    assert found["perimeter"].value == pytest.approx(12)


def test_statistics_are_of_the_pixels_whose_centres_lie_inside():
    pixels = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], float)
    found = values("rectangle", (0.5, 0.5), (2.5, 1.6), given=Given(pixels=pixels, unit="HU"))
    # columns 0 and 1, rows 0 and 1: centres at 0.5 are on the edge left and above, which belongs to the region
    assert [found[name].value for name in ("mean", "min", "max", "count")] == [3.5, 1, 6, 4]
    assert found["sd"].value == pytest.approx(math.sqrt((2.5**2 + 1.5**2 + 1.5**2 + 2.5**2) / 4))
    assert (found["mean"].unit, found["count"].unit, found["mean"].source) == ("HU", "", "")


def test_padding_is_no_measurement():
    pixels = np.array([[np.nan, 2], [4, np.nan]])
    found = values("rectangle", (0, 0), (2, 2), given=Given(pixels=pixels))
    assert [found[name].value for name in ("mean", "sd", "min", "max", "count")] == [3, 1, 2, 4, 2]


def test_a_region_outside_the_image_has_no_statistics():
    assert set(values("rectangle", (50, 50), (60, 60), given=Given(pixels=np.ones((4, 4))))) == {"area", "perimeter"}


def test_regions_side_by_side_share_no_pixel():
    left = region_mask("rectangle", np.array([0j, 5.5 + 8j]), (8, 8))
    right = region_mask("rectangle", np.array([5.5 + 0j, 8 + 8j]), (8, 8))
    assert left.sum() + right.sum() == 64
    assert not (left & right).any()


def test_a_circle_of_two_pixels_holds_the_twelve_around_its_centre():
    # of the 16 pixels around a corner, the four at the far corners lie at √4.5 > 2
    mask = region_mask("ellipse", np.array([3 + 5j, 7 + 5j, 5 + 3j, 5 + 7j]), (10, 10))
    assert mask.sum() == 12
    assert not mask[3, 3]
    assert mask[3, 4]


def test_a_region_that_crosses_itself_is_taken_by_the_even_odd_rule():
    star = np.array([math.e ** (1j * (math.pi / 2 + 4 * math.pi * k / 5)) for k in range(5)]) * 20 + (25 + 25j)
    mask = region_mask("freehand", star, (50, 50))
    assert not mask[25, 25]
    assert mask.any()


def test_a_probe_reads_the_pixel_that_it_is_on():
    pixels = np.arange(12.0).reshape(3, 4)
    assert value("value", "probe", (2.9, 1.2), given=Given(pixels=pixels)) == 6
    assert values("probe", (4.0, 1.2), given=Given(pixels=pixels)) == {}
    assert values("probe", (-0.5, 1.2), given=Given(pixels=pixels)) == {}


def test_a_calibration_says_how_wide_a_pixel_is():
    found = values("calibration", (0, 0), (30, 40), text="25,4 mm", spacing=SQUARE)
    assert (found["known_length"].value, found["known_length"].source) == (25.4, "user")
    assert found["pixel_width"].value == pytest.approx(25.4 / 50)


def test_a_calibration_on_pixels_that_are_not_square_minds_their_shape():
    assert value("pixel_width", "calibration", (0, 0), (0, 50), text="100", given=Given(aspect=2.0)) == 1


@pytest.mark.parametrize(("text", "length"), [("25.4", 25.4), (" 25,4 mm ", 25.4), ("100MM", 100), ("7", 7)])
def test_a_known_length_is_read_with_point_or_comma(text, length):
    assert known_length(text) == length


@pytest.mark.parametrize("text", ["", "mm", "0", "-5", "1e3", "2,5,0", "5 cm", "1234567", "5.", "٣"])
def test_a_known_length_that_is_none_is_not_guessed(text):
    assert math.isnan(known_length(text))


HEART = [(60, 50), (100, 50), (170, 70), (100, 70), (10, 90), (230, 90)]


def test_the_cardiothoracic_ratio_is_that_of_both_halves_of_the_heart_to_the_chest():
    found = values("cardiothoracic_ratio", *HEART, spacing=SQUARE)
    assert found["cardiothoracic_ratio"].value == pytest.approx((40 + 70) / 220)
    assert found["cardiothoracic_ratio"].unit == ""
    assert found["heart_width"].value == pytest.approx(55)
    assert found["chest_width"].value == pytest.approx(110)


def test_the_cardiothoracic_ratio_of_a_tilted_patient_is_the_same():
    turn = complex(math.cos(0.2), math.sin(0.2))
    turned = [(z.real, z.imag) for z in (complex(x, y) * turn for x, y in HEART)]
    assert value("cardiothoracic_ratio", "cardiothoracic_ratio", *turned) == pytest.approx(0.5)


def test_a_foot_that_is_off_in_height_changes_no_width():
    moved = [HEART[0], (100, 57), *HEART[2:]]
    assert value("cardiothoracic_ratio", "cardiothoracic_ratio", *moved) == pytest.approx(0.5)


def test_leg_lengths_are_given_by_side_with_their_difference():
    found = measure(drawn("leg_length", (100, 0), (100, 800), (300, 0), (300, 780)), SQUARE)
    assert [(each.name, each.value, each.side) for each in found] == [
        ("leg_length", 400, "R"),
        ("leg_length", 390, "L"),
        ("leg_length_difference", 10, "R"),
    ]


def test_the_side_of_a_leg_is_where_the_image_says_not_the_order_of_drawing():
    given = Given(sides=Sides(left_edge="R"))
    found = measure(drawn("leg_length", (300, 0), (300, 780), (100, 0), (100, 800)), SQUARE, given)
    assert [(each.value, each.side) for each in found] == [(390, "L"), (400, "R"), (10, "R")]
    mirrored = measure(
        drawn("leg_length", (100, 0), (100, 800), (300, 0), (300, 780)), SQUARE, Given(sides=Sides(left_edge="L"))
    )
    assert [each.side for each in mirrored] == ["L", "R", "L"]


def test_one_leg_is_of_the_side_that_was_imaged_or_labelled():
    one = ((0, 0), (0, 10))
    assert values("leg_length", *one)["leg_length"].side == ""
    assert values("leg_length", *one, given=Given(sides=Sides("L")))["leg_length"].side == "L"
    assert values("leg_length", *one, given=Given(sides=Sides("L")), label="R")["leg_length"].side == "R"


BENT = 2 * math.degrees(math.atan2(10, 400))  # the knee 10 off the middle of a line of 800


@pytest.mark.parametrize(
    ("knee", "side", "edge", "note"),
    [
        (90, "R", "R", "varus"),  # the right leg of a radiograph as hung: outward is to the left
        (110, "R", "R", "valgus"),
        (110, "L", "R", "varus"),
        (90, "L", "R", "valgus"),
        (90, "R", "L", "valgus"),  # stored mirrored
        (90, "R", "", "varus"),
    ],
)
def test_a_knee_that_stands_outward_is_varus(knee, side, edge, note):
    given = Given(sides=Sides(side, edge))
    found = values("hip_knee_ankle", (100, 0), (knee, 400), (100, 800), spacing=SQUARE, given=given)
    angle, deviation = found["hip_knee_ankle_angle"], found["mechanical_axis_deviation_angle"]
    sign = -1 if note == "varus" else 1
    assert (angle.note, deviation.note, angle.side) == (note, note, side)
    assert angle.value == pytest.approx(180 + sign * BENT)
    assert deviation.value == pytest.approx(sign * BENT)
    assert found["mechanical_axis_deviation"].value == pytest.approx(5)


def test_a_knee_of_an_unknown_side_is_neither_varus_nor_valgus():
    found = values("hip_knee_ankle", (100, 0), (90, 400), (100, 800))
    assert found["hip_knee_ankle_angle"].value == pytest.approx(180 - BENT)
    assert found["mechanical_axis_deviation_angle"].value == pytest.approx(BENT)
    assert found["hip_knee_ankle_angle"].note == ""


def test_a_straight_leg_has_180_degrees_and_no_deformity():
    found = values("hip_knee_ankle", (0, 0), (0, 400), (0, 800), label="R")
    assert (found["hip_knee_ankle_angle"].value, found["hip_knee_ankle_angle"].note) == (180, "")


def test_both_legs_have_their_own_axes():
    legs = [(100, 0), (90, 400), (100, 800), (300, 0), (310, 400), (300, 800)]
    found = measure(drawn("hip_knee_ankle", *legs), SQUARE)
    assert [(each.side, each.note) for each in found if each.name == "hip_knee_ankle_angle"] == [
        ("R", "varus"),
        ("L", "varus"),
    ]


def test_pelvic_obliquity_is_the_tilt_to_the_horizontal_with_the_higher_side():
    found = values("pelvic_obliquity", (100, 120), (300, 100), spacing=SQUARE)
    assert found["pelvic_obliquity_angle"].value == pytest.approx(math.degrees(math.atan2(20, 200)))
    assert (found["height_difference"].value, found["height_difference"].side) == (10, "L")


def test_a_level_pelvis_has_no_higher_side():
    found = values("pelvic_obliquity", (100, 100), (300, 100))
    assert (found["pelvic_obliquity_angle"].value, found["height_difference"].side) == (0, "")


@pytest.mark.parametrize(
    ("left", "top", "one", "other"),
    [
        # the patient's left hip lies 20 pixels higher and 200 to the left of the patient than the right one: 5.7°
        ("R", "H", (100, 120), (300, 100)),
        ("R", "", (100, 120), (300, 100)),
        ("H", "L", (120, 300), (100, 100)),  # a quarter anticlockwise: (x, y) -> (y, 400 - x)
        ("F", "R", (280, 100), (300, 300)),  # a quarter clockwise: (x, y) -> (400 - y, x)
        ("L", "F", (300, 280), (100, 300)),  # half a turn: (x, y) -> (400 - x, 400 - y)
        ("L", "H", (300, 120), (100, 100)),  # mirrored: (x, y) -> (400 - x, y)
        ("H", "R", (120, 100), (100, 300)),  # transposed: (x, y) -> (y, x)
    ],
)
def test_pelvic_obliquity_is_to_the_patients_horizontal_however_the_image_is_stored(left, top, one, other):
    found = values("pelvic_obliquity", one, other, spacing=SQUARE, given=Given(sides=Sides("", left, top)))
    assert found["pelvic_obliquity_angle"].value == pytest.approx(5.710593, abs=1e-6)  # atan(20 / 200)
    assert (found["height_difference"].value, found["height_difference"].side) == (10, "L")
    assert found["pelvic_obliquity_angle"].side == "L"


def test_a_leg_stored_on_its_side_keeps_its_side_and_its_varus():
    # upright: the right leg at the left, its knee 10 pixels outward; stored a quarter anticlockwise, the head at the left
    leg = [(100, 100), (90, 500), (100, 900)]
    stored = [(y, 1000 - x) for x, y in leg]
    found = values("hip_knee_ankle", *stored, given=Given(sides=Sides("R", "H", "L")))
    assert found["hip_knee_ankle_angle"].note == "varus"
    assert found["mechanical_axis_deviation"].value == pytest.approx(10)


@pytest.mark.parametrize("kind", ["text", "arrow"])
def test_words_and_arrows_measure_nothing(kind):
    assert measure(drawn(kind, (0, 0), (5, 5)), SQUARE) == ()


@pytest.mark.parametrize(("kind", "count"), [("leg_length", 3), ("hip_knee_ankle", 4), ("cardiothoracic_ratio", 4)])
def test_a_drawing_that_is_not_complete_measures_nothing(kind, count):
    assert measure(drawn(kind, *[(n, n * n) for n in range(count)]), SQUARE) == ()
