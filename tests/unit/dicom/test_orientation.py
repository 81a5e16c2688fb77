"""Letters, side and view are those of the header, by hand from PS3.3 and PS3.16."""

import pytest
from pydicom import Dataset

from radiotheque.dicom.orientation import body_part_of, laterality_of, letters_of, view_of

pytestmark = pytest.mark.filterwarnings("ignore")


def made(**attributes):
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def code(value, meaning="", scheme="SCT", **more):
    return made(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning, **more)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (["L", "F"], ("R", "L", "H", "F")),  # a chest seen from before: its left is at the right
        (["A", "F"], ("P", "A", "H", "F")),
        (["P", "L"], ("A", "P", "R", "L")),  # a cranio-caudal mammogram of the left breast
        (["LA", "FP"], ("RP", "LA", "HA", "FP")),
        (["l", "f"], ("R", "L", "H", "F")),
    ],
)
def test_letters_stand_where_patient_orientation_says(orientation, expected):
    found = letters_of(made(PatientOrientation=orientation))
    assert (found["left"], found["right"], found["top"], found["bottom"]) == expected


@pytest.mark.parametrize("orientation", [None, "", ["L"], "L", ["L", "X"], ["", ""], ["L", ""]])
def test_senseless_orientations_have_no_letters(orientation):
    assert letters_of(made(PatientOrientation=orientation)) is None


def test_animals_have_letters_of_their_own():
    found = letters_of(made(PatientOrientation=["CD", "V"], AnatomicalOrientationType="QUADRUPED"))
    assert (found["left"], found["right"], found["top"], found["bottom"]) == ("CR", "CD", "D", "V")
    found = letters_of(made(PatientOrientation=["RT", "VCD"], AnatomicalOrientationType="QUADRUPED"))
    assert (found["left"], found["right"], found["top"], found["bottom"]) == ("LE", "RT", "DCR", "VCD")


@pytest.mark.parametrize(
    ("cosines", "expected"),
    [
        ([1, 0, 0, 0, 1, 0], ("R", "L", "A", "P")),  # axial
        ([1, 0, 0, 0, 0, -1], ("R", "L", "H", "F")),  # coronal
        ([0, 1, 0, 0, 0, -1], ("A", "P", "H", "F")),  # sagittal
        ([0.7071, 0.7071, 0, 0, 0, -1], ("RA", "LP", "H", "F")),
        ([0.995, 0.0998, 0, 0, 0, -1], ("R", "L", "H", "F")),  # 6 degrees of tilt are not told
    ],
)
def test_letters_are_reckoned_from_direction_cosines(cosines, expected):
    found = letters_of(made(ImageOrientationPatient=cosines))
    assert (found["left"], found["right"], found["top"], found["bottom"]) == expected


def test_the_orientation_of_the_frame_goes_first():
    ds = made(PatientOrientation=["L", "F"])
    ds.PerFrameFunctionalGroupsSequence = [made(), made()]
    ds.PerFrameFunctionalGroupsSequence[1].PatientOrientationInFrameSequence = [made(PatientOrientation=["R", "F"])]
    assert letters_of(ds, 0)["right"] == "L"
    assert letters_of(ds, 1)["right"] == "R"


def test_the_side_of_the_image_goes_before_that_of_the_series():
    assert laterality_of(made(ImageLaterality="R", Laterality="L")) == "R"
    assert laterality_of(made(Laterality="L")) == "L"
    assert laterality_of(made(ImageLaterality="")) == laterality_of(made(Laterality="X")) == ""
    frame = made(ImageLaterality="R")
    frame.SharedFunctionalGroupsSequence = [made(FrameAnatomySequence=[made(FrameLaterality="L")])]
    assert laterality_of(frame) == "L"


def test_the_side_may_be_a_modifier_of_the_region():
    region = code("56459004", "Foot", AnatomicRegionModifierSequence=[code("7771000", "Left")])
    ds = made(AnatomicRegionSequence=[region])
    assert (laterality_of(ds), body_part_of(ds)) == ("L", "Foot")
    assert body_part_of(made(BodyPartExamined="HAND", AnatomicRegionSequence=[region])) == "HAND"


@pytest.mark.parametrize(
    ("value", "modifiers", "view", "words"),
    [
        ("399162004", [], "CC", "view"),
        ("R-10242", [], "CC", "view"),
        ("399368009", [], "MLO", "view"),
        ("399192008", [], "XCCL", "view"),
        ("399162004", [("399163009", "Magnification")], "MCC", "view, Magnification"),
        ("399368009", [("399055006", "Spot Compression"), ("399163009", "Magnification")], "MSMLO", None),
        ("399162004", [("399209000", "Implant Displaced")], "CCID", "view, Implant Displaced"),
        ("399162004", [("399161006", "Cleavage")], "CV", "view, Cleavage"),
        ("399368009", [("0", "something new")], "MLO", "view, something new"),
    ],
)
def test_views_of_the_breast_are_written_as_radiographers_do(value, modifiers, view, words):
    item = code(value, "view", ViewModifierCodeSequence=[code(*modifier) for modifier in modifiers])
    found = view_of(made(Modality="MG", ViewCodeSequence=[item]))
    assert found[0] == view
    assert words is None or found[1] == words


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"ViewPosition": "PA"}, ("PA", "PA")),
        ({"ViewPosition": "pa "}, ("PA", "PA")),
        ({"ViewCodeSequence": [code("272479007", "postero-anterior")]}, ("PA", "postero-anterior")),
        ({"ViewCodeSequence": [code("399348003", "antero-posterior")]}, ("AP", "antero-posterior")),
        ({"ViewPosition": "LL", "ViewCodeSequence": [code("1", "odd")]}, ("LL", "odd")),
        ({"ViewCodeSequence": [code("1", "odd")]}, ("", "odd")),
        ({}, ("", "")),
    ],
)
def test_views_are_said_by_position_or_by_code(attributes, expected):
    assert view_of(made(Modality="DX", **attributes)) == expected
