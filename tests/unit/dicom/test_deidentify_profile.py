"""What becomes of each attribute: Table E.1-1 of PS3.15, read again here row by row where a hand can."""

import re

import pytest
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_dict, tag_for_keyword
from pydicom.sr import codedict

from radiotheque.core.errors import Malformed
from radiotheque.dicom.deidentify_profile import (
    BASIC_CODE,
    CODES,
    Action,
    Option,
    concepts,
    options_of,
    settled,
    table,
    type_of,
)

CR, XA, DX, BASIC_TEXT, SOFTCOPY = (f"1.2.840.10008.5.1.4.1.1.{last}" for last in ("1", "12.1", "1.1", "88.11", "11.1"))
NOTHING: frozenset[Option] = frozenset()

# PS3.15 2026d Table E.1-1, by hand
ROWS = [
    ("AccessionNumber", NOTHING, "Z"),
    ("PatientName", NOTHING, "Z"),
    ("PatientBirthDate", NOTHING, "Z"),
    ("PatientBirthDate", frozenset({Option.MODIFIED_DATES}), "Z"),
    ("OtherPatientIDs", NOTHING, "X"),
    ("PatientAddress", NOTHING, "X"),
    ("PatientSex", NOTHING, "Z"),
    ("PatientSex", frozenset({Option.PATIENT}), "K"),
    ("PatientAge", NOTHING, "X"),
    ("PatientAge", frozenset({Option.PATIENT}), "K"),
    ("Allergies", frozenset({Option.PATIENT}), "C"),
    ("StudyDate", NOTHING, "Z"),
    ("StudyDate", frozenset({Option.FULL_DATES}), "K"),
    ("StudyDate", frozenset({Option.MODIFIED_DATES}), "C"),
    ("StudyDescription", NOTHING, "X"),
    ("StudyDescription", frozenset({Option.DESCRIPTORS}), "C"),
    ("StudyInstanceUID", NOTHING, "U"),
    ("StudyInstanceUID", frozenset({Option.UIDS}), "K"),
    ("InstitutionName", NOTHING, "X/Z/D"),
    ("InstitutionName", frozenset({Option.INSTITUTION}), "K"),
    ("InstitutionAddress", NOTHING, "X"),
    ("DeviceSerialNumber", NOTHING, "X/Z/D"),
    ("DeviceSerialNumber", frozenset({Option.DEVICE}), "K"),
    ("StationName", NOTHING, "X/Z/D"),
    ("OperatorsName", NOTHING, "X/Z/D"),
    ("ReferringPhysicianName", NOTHING, "Z"),
    ("ContentSequence", NOTHING, "D"),
    ("ContentSequence", frozenset({Option.STRUCTURED}), "C"),
    ("GraphicAnnotationSequence", NOTHING, "D"),
    ("GraphicAnnotationSequence", frozenset({Option.GRAPHICS}), "C"),
    ("SourceImageSequence", NOTHING, "X/Z/U*"),
    ("RequestAttributesSequence", NOTHING, "X"),
    ("IconImageSequence", NOTHING, "X"),
    ("EncapsulatedDocument", NOTHING, "D"),
]


@pytest.mark.parametrize(("keyword", "options", "action"), ROWS)
def test_an_attribute_has_the_action_of_the_table(keyword: str, options: frozenset[Option], action: str) -> None:
    tag = tag_for_keyword(keyword)
    assert tag is not None
    row = table().row(tag)
    assert row is not None
    assert row.action(options) == action


def test_the_table_is_whole() -> None:
    # Table E.1-1 of the edition 2026d has 657 rows, four of them for groups
    assert len(table().rows) == 653
    assert all(set(row.basic.replace("*", "").split("/")) <= set(Action) for row in table().rows.values())
    known = [tag for tag in table().rows if dictionary_has_tag(tag)]
    assert len(known) > 600  # newer attributes than the installed dictionary has are the rest


def test_every_date_and_time_of_an_instance_is_in_the_table() -> None:
    # PS3.15 E.1.1: dates, times and UIDs of instances; those of other objects than images are passed over by groups
    own = {"PatientBirthDate", "StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "InstanceCreationDate"}
    own |= {"StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime", "AcquisitionDateTime", "PatientBirthTime"}
    for keyword in own:
        assert int(tag_for_keyword(keyword) or 0) in table().rows, keyword


def test_every_name_of_a_person_in_an_image_is_in_the_table() -> None:
    groups = (0x0008, 0x0010, 0x0018, 0x0020, 0x0032, 0x0038, 0x0040)
    names = [
        tag
        for tag in keyword_dict.values()
        if tag >> 16 in groups and dictionary_VR(tag) == "PN" and tag not in table().rows
    ]
    assert names == [0x0040A067]  # retired trial use; what is a name without a row is emptied all the same


@pytest.mark.parametrize("group", [0x5000, 0x5010, 0x50FE])
def test_curves_are_found_by_their_group(group: int) -> None:
    row = table().row(group << 16 | 0x3000)
    assert row is not None
    assert row.basic == "X"


def test_overlays_lose_data_and_comments_only() -> None:
    for element, there in ((0x3000, True), (0x4000, True), (0x0010, False)):
        assert (table().row(0x60020000 | element) is not None) is there


def test_whatever_is_private_is_removed() -> None:
    row = table().row(0x00091010)
    assert row is not None
    assert row.basic == "X"
    assert row.action(frozenset({Option.SAFE_PRIVATE})) == "C"


# Types by PS3.3: A.2 (CR), A.14 (XA), A.26 (DX), A.35.1 (Basic Text SR), A.33.1 (GSPS)
@pytest.mark.parametrize(
    ("keyword", "sop_class", "action"),
    [
        ("ContentDate", CR, "Z"),
        ("ContentDate", BASIC_TEXT, "D"),
        ("SeriesDate", CR, "X"),
        ("InstitutionName", DX, "X"),
        ("OperatorsName", DX, "X"),
        ("AcquisitionContextSequence", DX, "Z"),
        ("AcquisitionContextSequence", CR, "X"),
        ("ContrastBolusAgent", DX, "Z"),
        ("ReferencedImageSequence", XA, "U"),
        ("ReferencedImageSequence", CR, "X"),
        ("ContentCreatorName", SOFTCOPY, "Z"),
        ("PatientID", CR, "Z"),
    ],
)
def test_alternatives_are_settled_by_the_type_of_the_attribute(keyword: str, sop_class: str, action: str) -> None:
    row = table().row(int(tag_for_keyword(keyword) or 0))
    assert row is not None
    assert settled(row.basic, keyword, sop_class) == action


def test_what_is_not_known_gets_what_always_conforms() -> None:
    assert settled("X/Z/D", "StationName", "1.2.3") == "D"
    assert settled("X/Z", "AcquisitionDate", "1.2.3") == "Z"
    assert settled("X/D", "SeriesDate", CR, nested=True) == "D"


def test_types_are_those_that_highdicom_knows() -> None:
    from importlib.resources import files
    from json import loads

    def read(name: str) -> dict[str, object]:
        found: dict[str, object] = loads(files("highdicom").joinpath("_standard", name).read_text())
        return found

    classes, iods, modules = (
        read(name) for name in ("sop_class_iod_map.json", "iod_module_map.json", "module_attribute_map.json")
    )
    for keyword in ("ContentDate", "ContentTime", "ContrastBolusAgent", "ObservationDateTime", "DeviceSerialNumber"):
        for sop_class in (CR, XA, DX, BASIC_TEXT, SOFTCOPY):
            said = [
                int(each["type"][0])
                for module in iods[classes[sop_class]]  # type: ignore[index]
                for each in modules.get(module["key"], ())  # type: ignore[attr-defined]
                if each["keyword"] == keyword and not each["path"]
            ]
            assert type_of(keyword, sop_class) == min(said, default=3), (keyword, sop_class)


def test_the_codes_are_those_of_the_dictionary() -> None:
    # PS3.16 CID 7050, as pydicom carries it
    known = {
        keyword.lower(): keyword for keyword in codedict.codes.DCM.dir("Option") + codedict.codes.DCM.dir("Profile")
    }
    for code, meaning in (BASIC_CODE, *CODES.values()):
        keyword = known[re.sub(r"[^A-Za-z]", "", meaning).lower()]
        assert getattr(codedict.codes.DCM, keyword).value == code


def test_content_items_have_the_action_of_their_concept() -> None:
    # PS3.15 Table E.3.4-1: (121022, DCM, "Accession Number") TEXT X; (113795, DCM, "Acquired Image") IMAGE D, K under UIDs
    assert concepts()["DCM", "121022", "TEXT"].basic == "X"
    acquired = concepts()["DCM", "113795", "IMAGE"]
    assert (acquired.basic, acquired.action(frozenset({Option.UIDS}))) == ("D", "K")


@pytest.mark.parametrize(
    ("profile", "more"),
    [
        ("none", ()),
        ("basic", ("retain_all",)),
        ("basic", ("retain_longitudinal_full_dates", "retain_longitudinal_modified_dates")),
        ("basic", ("clean_recognizable_visual_features",)),
    ],
)
def test_options_that_are_unknown_or_contradict_are_refused(profile: str, more: tuple[str, ...]) -> None:
    with pytest.raises(Malformed):
        options_of(profile, more)


def test_full_dates_go_before_those_of_the_profile() -> None:
    options = options_of("research", ("retain_longitudinal_full_dates",))
    assert Option.FULL_DATES in options
    assert Option.MODIFIED_DATES not in options
