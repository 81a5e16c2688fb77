"""What a header says of an instance, expected from the standard's own words."""

from typing import Any

import pytest

from radiotheque.dicom.facts import fact_of

DX = "1.2.840.10008.5.1.4.1.1.1.1"
MG = "1.2.840.10008.5.1.4.1.1.1.2"
DBT = "1.2.840.10008.5.1.4.1.1.13.1.3"


def element(vr: str, *values: Any) -> dict[str, Any]:
    return {"vr": vr, "Value": list(values)}


def code(value: str, meaning: str, **more: Any) -> dict[str, Any]:
    return {"00080100": element("SH", value), "00080104": element("LO", meaning), **more}


def header(sop_class: str = DX, **more: Any) -> dict[str, Any]:
    return {
        "00080016": element("UI", sop_class),
        "00080018": element("UI", "1.2.3"),
        "00080060": element("CS", "DX"),
        "7FE00010": {"vr": "OW", "BulkDataURI": "bulkdata/7FE00010"},
    } | {name.removeprefix("t"): value for name, value in more.items()}


def test_a_radiograph_is_described() -> None:
    fact = fact_of(
        header(
            t00080008=element("CS", "DERIVED", "PRIMARY"),
            t00200013=element("IS", 2),
            t00280010=element("US", 3000),
            t00280011=element("US", 2500),
            t00185101=element("CS", "PA"),
            t00180015=element("CS", "CHEST"),
            t00200062=element("CS", "U"),
            t00080022=element("DA", "20240131"),
            t00080032=element("TM", "101530.25"),
        )
    )
    assert fact == {
        "instance": "1.2.3",
        "sop_class": DX,
        "kind": "image",
        "number": 2,
        "rows": 3000,
        "columns": 2500,
        "frames": 1,
        "for_processing": False,
        "view": "PA",
        "view_text": "PA",
        "laterality": "U",
        "body_part": "CHEST",
        "image_type": ["DERIVED", "PRIMARY"],
        "modality": "DX",
        "acquired": "20240131101530",
        "what": "Digital X-Ray Image Storage - For Presentation",
    }


@pytest.mark.parametrize(
    ("sop_class", "kind"),
    [
        (DX, "image"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "presentation"),
        ("1.2.840.10008.5.1.4.1.1.88.59", "key_object"),
        ("1.2.840.10008.5.1.4.1.1.88.67", "report"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "document"),
        ("1.2.840.10008.5.1.4.1.1.77.1.4.1", "video"),
        ("1.2.840.10008.5.1.4.1.1.66", "other"),
        ("1.2.3.4.5.6", "image"),  # private, with pixels
    ],
)
def test_the_kind_follows_from_the_sop_class(sop_class: str, kind: str) -> None:
    assert fact_of(header(sop_class))["kind"] == kind


def test_an_image_in_a_transfer_syntax_of_video_is_a_video() -> None:
    mpeg4 = element("UI", "1.2.840.10008.1.2.4.102")
    assert fact_of(header("1.2.840.10008.5.1.4.1.1.77.1.4", t00083002=mpeg4))["kind"] == "video"


def test_what_is_for_processing_says_so_by_its_class_or_its_intent() -> None:
    assert fact_of(header("1.2.840.10008.5.1.4.1.1.1.1.1"))["for_processing"]
    assert fact_of(header("1.2.840.10008.5.1.4.1.1.1", t00080068=element("CS", "FOR PROCESSING")))["for_processing"]
    assert not fact_of(header("1.2.840.10008.5.1.4.1.1.1"))["for_processing"]


@pytest.mark.parametrize(
    ("value", "modifier", "view"),
    [
        ("399162004", "", "CC"),  # PS3.16 CID 4014
        ("R-10226", "", "MLO"),
        ("399162004", "399163009", "MCC"),  # CID 4015: magnified
        ("399368009", "399209000", "MLOID"),  # implant displaced
    ],
)
def test_a_mammographic_view_is_its_codes(value: str, modifier: str, view: str) -> None:
    modifiers = {"00540222": element("SQ", code(modifier, "modified"))} if modifier else {}
    given = header(MG, t00080060=element("CS", "MG"), t00540220=element("SQ", code(value, "the view", **modifiers)))
    assert fact_of(given)["view"] == view


def test_the_side_of_a_tomosynthesis_is_in_its_functional_groups() -> None:
    anatomy = {"00209072": element("CS", "L"), "00082218": element("SQ", code("76752008", "Breast"))}
    fact = fact_of(header(DBT, t52009229=element("SQ", {"00209071": element("SQ", anatomy)})))
    assert (fact["laterality"], fact["body_part"]) == ("L", "Breast")


def test_image_laterality_goes_before_the_series() -> None:
    assert fact_of(header(t00200062=element("CS", "R"), t00200060=element("CS", "L")))["laterality"] == "R"
    assert fact_of(header(t00200060=element("CS", "L")))["laterality"] == "L"


@pytest.mark.parametrize(
    "broken",
    [
        {"t00280010": element("US", "many")},
        {"t00540220": element("SQ", None)},
        {"t00540220": {"vr": "SQ"}},
        {"t00080060": element("PN", {"Alphabetic": "x"})},
        {"t00280008": element("IS", -4)},
        {"t00080022": element("DA", None)},
        {"t00180015": element("CS", "CHE\u202eST\n")},
    ],
)
def test_nonsense_in_a_header_is_passed_over(broken: dict[str, Any]) -> None:
    assert fact_of(header(**broken))["instance"] == "1.2.3"
