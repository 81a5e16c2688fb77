"""Search over the web: what is asked of the catalog, and what the client is told (PS3.18 10.6)."""

import json
from xml.etree import ElementTree

import pytest
from pydicom import Dataset

from radiotheque.core.query import Empty, Key, Level, ListOf, Page, Range, Single, Wildcard
from radiotheque.wire.dicomweb import WebSettings, dicomweb_routes
from unit.wire.dicomweb.asgi import Answer, ask
from unit.wire.dicomweb.shelf import Shelf, found

STUDY = found(
    Level.STUDY,
    StudyInstanceUID="1.2.3",
    StudyDate="20240131",
    StudyTime="",
    AccessionNumber="A-1",
    PatientName="Dupont^Élodie=杜邦",
    PatientID="P1",
    ModalitiesInStudy=("DX", "PR"),
    NumberOfStudyRelatedInstances="12",
)


def search(shelf: Shelf, url: str, **headers: str) -> Answer:
    return ask(dicomweb_routes(shelf, WebSettings()), "GET", url, headers)


def keys(url: str) -> set[Key]:
    shelf = Shelf()
    assert search(shelf, url).status == 204
    return set(shelf.asked[0].keys)


def test_a_study_is_told_with_every_required_attribute_by_ascending_tag() -> None:
    answer = search(Shelf(Page((STUDY,))), "/dicom-web/studies?PatientID=P1")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/dicom+json")
    (study,) = json.loads(answer.body)
    assert list(study) == sorted(study)
    # PS3.18 Table 10.6.3-3, all that is not conditional
    required = {"00080020", "00080030", "00080050", "00080056", "00080061", "00080090", "00081190", "00100010"}
    assert required | {"00100020", "00100030", "00100040", "0020000D", "00200010", "00201206", "00201208"} <= set(study)
    assert study["00080061"] == {"vr": "CS", "Value": ["DX", "PR"]}
    assert study["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Dupont^Élodie", "Ideographic": "杜邦"}]}
    assert study["00201208"] == {"vr": "IS", "Value": [12]}
    assert study["00080030"] == {"vr": "TM"}
    assert study["00081190"]["Value"] == ["http://pacs.test/dicom-web/studies/1.2.3"]
    assert "Value" not in study["00080090"]
    Dataset.from_json(study)


def test_nothing_found_is_204_without_a_body() -> None:
    answer = search(Shelf(), "/dicom-web/studies?PatientID=NOBODY")
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/dicom-web/studies?PatientID=P1", {Key("PatientID", Single("P1"))}),
        ("/dicom-web/studies?00100020=P1", {Key("PatientID", Single("P1"))}),
        ("/dicom-web/studies?StudyDate=20240101-20240131", {Key("StudyDate", Range("20240101", "20240131"))}),
        ("/dicom-web/studies?StudyDate=-20240131", {Key("StudyDate", Range("", "20240131"))}),
        ("/dicom-web/studies?PatientName=dup*", {Key("PatientName", Wildcard("dup*"))}),
        ("/dicom-web/studies?PatientName=DUPONT%5EMARIE", {Key("PatientName", Single("DUPONT^MARIE"))}),
        ("/dicom-web/studies?PatientName=*", set()),
        ("/dicom-web/studies?PatientName=", set()),
        ("/dicom-web/studies?StudyInstanceUID=1.2,1.3", {Key("StudyInstanceUID", ListOf(("1.2", "1.3")))}),
        ("/dicom-web/studies?AccessionNumber=A,B", {Key("AccessionNumber", Single("A,B"))}),
        (
            "/dicom-web/studies?AccessionNumber=A,B&multiplevaluematching=true",
            {Key("AccessionNumber", ListOf(("A", "B")))},
        ),
        ("/dicom-web/studies?AccessionNumber=%22%22&emptyvaluematching=true", {Key("AccessionNumber", Empty())}),
        ("/dicom-web/studies?AccessionNumber=%22%22", {Key("AccessionNumber", Single('""'))}),
        (
            "/dicom-web/studies?OtherPatientIDsSequence.00100020=X9",
            {Key("OtherPatientIDsSequence.PatientID", Single("X9"))},
        ),
        ("/dicom-web/studies?00230010=Acme&includefield=00231002", {Key("00230010", Single("Acme"))}),
        (
            "/dicom-web/studies/1.2/series?Modality=DX",
            {Key("StudyInstanceUID", Single("1.2")), Key("Modality", Single("DX"))},
        ),
        (
            "/dicom-web/studies/1.2/series/1.3/instances",
            {Key("StudyInstanceUID", Single("1.2")), Key("SeriesInstanceUID", Single("1.3"))},
        ),
        ("/dicom-web/instances?SOPInstanceUID=1.9", {Key("SOPInstanceUID", Single("1.9"))}),
    ],
)
def test_parameters_become_keys(url: str, expected: set[Key]) -> None:
    assert keys(url) == expected


@pytest.mark.parametrize(
    "query",
    [
        "PatientID=1&PatientID=2",
        "PatientID=1&00100020=2",
        "PatientNam=X",
        "StudyDate=2024",
        "StudyDate=20241301",
        "StudyInstanceUID=abc",
        "limit=-1",
        "limit=x",
        "offset=1.5",
        "fuzzymatching=yes",
        "includefield=all&includefield=StudyDate",
        "includefield=Nonsense",
        "PatientID.PatientName=x",
        "OtherPatientIDsSequence=x",
        "InstanceNumber=one",
        "accept=nonsense",
    ],
)
def test_what_is_no_search_is_400_and_nothing_is_asked(query: str) -> None:
    shelf = Shelf()
    assert search(shelf, f"/dicom-web/studies?{query}").status == 400
    assert not shelf.asked


def test_what_viewers_send_is_understood() -> None:
    shelf = Shelf()
    fields = "00081030,00080060,00080090,00100030"
    query = f"limit=101&offset=0&fuzzymatching=true&includefield={fields}"
    assert search(shelf, f"/dicom-web/studies?{query}").status == 204
    (asked,) = shelf.asked
    assert (asked.limit, asked.offset, asked.fuzzy, asked.combined_datetime) == (101, 0, True, True)
    assert {"StudyDescription", "Modality", "ReferringPhysicianName", "PatientBirthDate"} <= set(asked.returned)


def test_includefield_may_be_a_list_repeated_or_all() -> None:
    shelf = Shelf()
    search(shelf, "/dicom-web/studies?includefield=StudyDescription&includefield=00080080,PatientAge")
    search(shelf, "/dicom-web/studies?includefield=all")
    assert {"StudyDescription", "InstitutionName", "PatientAge"} <= set(shelf.asked[0].returned)
    assert (shelf.asked[0].everything, shelf.asked[1].everything) == (False, True)


def test_relational_searches_tell_of_the_levels_above() -> None:
    shelf = Shelf()
    search(shelf, "/dicom-web/instances")
    search(shelf, "/dicom-web/studies/1.2/series/1.3/instances")
    assert {"PatientName", "Modality", "SOPClassUID"} <= set(shelf.asked[0].returned)
    assert not {"PatientName", "Modality"} & set(shelf.asked[1].returned)


def test_a_cut_page_says_how_many_are_left() -> None:
    answer = search(Shelf(Page((STUDY,), remaining=7)), "/dicom-web/studies?limit=1")
    assert answer.status == 200
    assert answer.headers["warning"] == (
        "299 http://pacs.test/dicom-web: There are 7 additional results that can be requested"
    )
    many = search(Shelf(Page((STUDY,), remaining=1000, at_least=True)), "/dicom-web/studies?limit=1")
    assert "There are at least 1000 additional results" in many.headers["warning"]


def test_an_unknown_option_is_answered_with_a_warning() -> None:
    answer = search(Shelf(Page((STUDY,))), "/dicom-web/studies?orderby=-StudyDate")
    assert answer.status == 200
    assert answer.headers["warning"].startswith(
        "299 http://pacs.test/dicom-web: The orderby parameter is not supported"
    )


def test_a_key_that_the_catalog_cannot_match_is_answered_with_a_warning() -> None:
    answer = search(Shelf(Page((STUDY,)), unmatched=("PatientAge",)), "/dicom-web/studies?PatientAge=030Y")
    assert (answer.status, "PatientAge" in answer.headers["warning"]) == (200, True)


def test_xml_is_a_part_a_match() -> None:
    answer = search(
        Shelf(Page((STUDY, STUDY))), "/dicom-web/studies", Accept='multipart/related; type="application/dicom+xml"'
    )
    parts = answer.parts()
    assert [headers["content-type"] for headers, _ in parts] == ["application/dicom+xml"] * 2
    root = ElementTree.fromstring(parts[0][1])
    family = root.find(".//{*}DicomAttribute[@tag='00100010']/{*}PersonName/{*}Alphabetic/{*}FamilyName")
    assert root.tag.endswith("NativeDicomModel")
    assert family is not None
    assert family.text == "Dupont"


def test_a_type_that_is_not_offered_is_406() -> None:
    assert search(Shelf(Page((STUDY,))), "/dicom-web/studies", Accept="text/csv").status == 406


def test_the_accept_parameter_comes_before_the_header() -> None:
    url = "/dicom-web/studies?accept=application/json"
    answer = search(Shelf(Page((STUDY,))), url, Accept="application/dicom+json")
    assert answer.headers["content-type"] == "application/json"


def test_the_size_of_a_page_is_bounded() -> None:
    shelf = Shelf()
    search(shelf, "/dicom-web/studies?limit=999999")
    assert shelf.asked[0].limit == 1000


def test_links_follow_a_trusted_proxy_only() -> None:
    headers = {"Forwarded": "for=10.0.0.9;proto=https;host=pacs.example", "X-Forwarded-Host": "other.example"}
    routes = dicomweb_routes(Shelf(Page((STUDY,))), WebSettings(trusted_proxies=("10.1.0.0/16",)))
    url = "/dicom-web/studies"
    trusted = json.loads(ask(routes, "GET", url, headers, client="10.1.2.3").body)
    other = json.loads(ask(routes, "GET", url, headers, client="10.2.2.3").body)
    assert trusted[0]["00081190"]["Value"] == ["https://pacs.example/dicom-web/studies/1.2.3"]
    assert other[0]["00081190"]["Value"] == ["http://pacs.test/dicom-web/studies/1.2.3"]


def test_a_host_that_is_no_host_is_not_written_into_links() -> None:
    routes = dicomweb_routes(Shelf(Page((STUDY,))), WebSettings(trusted_proxies=("127.0.0.1",)))
    answer = ask(routes, "GET", "/dicom-web/studies", {"X-Forwarded-Host": "evil.test/<script>"})
    assert b"evil" not in answer.body


def test_nobody_signed_in_is_refused() -> None:
    routes = dicomweb_routes(Shelf(Page((STUDY,))), WebSettings())
    assert ask(routes, "GET", "/dicom-web/studies", caller=None).status == 403


def test_a_wrong_method_is_told_the_right_ones() -> None:
    answer = ask(dicomweb_routes(Shelf(), WebSettings()), "DELETE", "/dicom-web/studies")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
