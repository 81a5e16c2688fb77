"""Messages as the schema of PS3.15 A.5.1.1 wants them, with what the tables of A.5.3 ask for."""

import base64
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from radiotheque.core.caller import Permission
from radiotheque.security.audit_kinds import FAMILIES, KINDS
from radiotheque.security.audit_message import message_of
from radiotheque.security.audit_xml import xml_of
from unit.security.a51 import check
from unit.security.entries import HOUSE, entry


def said(**changes: object) -> Element:
    """Give the message of an entry, checked against the schema."""
    root: Element = fromstring(xml_of(message_of(entry(**changes), HOUSE)))
    check(root)
    return root


def roles(root: Element) -> list[str]:
    return [code.attrib["csd-code"] for code in root.iterfind("ActiveParticipant/RoleIDCode")]


def requestors(root: Element) -> list[str]:
    return [each.attrib["UserIsRequestor"] for each in root.iterfind("ActiveParticipant")]


def detail(root: Element, name: str) -> str:
    (found,) = root.iterfind(f"ParticipantObjectIdentification/ParticipantObjectDetail[@type='{name}']")
    return base64.b64decode(found.attrib["value"]).decode()


@pytest.mark.parametrize("kind", [*KINDS, *Permission, *(f"{family}.what" for family in FAMILIES), "unheard.of"])
@pytest.mark.parametrize("outcome", ["success", "refused", "failed"])
@pytest.mark.parametrize("study", ["", "1.2.3"])
def test_every_act_is_a_message_of_the_schema(kind: str, outcome: str, study: str) -> None:
    for door, via in (("api", "session"), ("dimse", "aet"), ("cli", "cli"), ("house", "")):
        root = said(kind=kind, outcome=outcome, study=study, door=door, via=via, detail="2 instances to OTHER")
        assert requestors(root).count("true") <= 1  # A.5.2: never more than one


def test_a_view_names_person_study_and_patient() -> None:
    root = said()
    event = root.find("EventIdentification")
    assert event is not None
    assert event.attrib["EventDateTime"] == "2027-01-15T08:00:00.250Z"
    assert (event.attrib["EventActionCode"], event.attrib["EventOutcomeIndicator"]) == ("R", "0")
    (person,) = root.iterfind("ActiveParticipant")
    assert person.attrib["UserID"] == "jean.martin@pacs.example"  # A.5.2.1
    assert (person.attrib["NetworkAccessPointID"], person.attrib["NetworkAccessPointTypeCode"]) == ("192.0.2.7", "2")
    study, patient = root.iterfind("ParticipantObjectIdentification")
    assert study.attrib["ParticipantObjectID"] == "1.2.3"
    assert (study.attrib["ParticipantObjectTypeCode"], study.attrib["ParticipantObjectTypeCodeRole"]) == ("2", "3")
    assert patient.attrib["ParticipantObjectID"] == "PID1^^^ISSUER"
    assert (patient.attrib["ParticipantObjectTypeCode"], patient.attrib["ParticipantObjectTypeCodeRole"]) == ("1", "1")
    code = patient.find("ParticipantObjectIDTypeCode")
    assert code is not None
    assert (code.attrib["csd-code"], code.attrib["codeSystemName"]) == ("2", "RFC-3881")


def test_a_peer_is_named_by_its_ae_title() -> None:
    root = said(kind="store", caller="CR1", door="dimse", via="aet")
    them, us = root.iterfind("ActiveParticipant")
    assert them.attrib["AlternativeUserID"] == "AETITLES=CR1"  # A.5.2.2
    assert us.attrib["AlternativeUserID"] == "AETITLES=RADIOTHEQUE"
    assert roles(root) == ["110153", "110152"]  # source, destination


@pytest.mark.parametrize(("kind", "detail"), [("send", "to WARD 7"), ("sent", "12 instances to WARD 7")])
def test_what_is_sent_names_who_gets_it(kind: str, detail: str) -> None:
    root = said(kind=kind, detail=detail)
    assert roles(root) == ["110153", "110152"]
    us, other, them = root.iterfind("ActiveParticipant")
    assert (us.attrib["UserID"], other.attrib["UserID"]) == ("radiotheque", "WARD 7")
    assert them.attrib["UserIsRequestor"] == "true"


def test_an_export_names_its_medium() -> None:
    root = said(kind="print")
    (medium,) = root.iterfind("ActiveParticipant/MediaIdentifier/MediaType")
    assert medium.attrib["csd-code"] == "110038"  # PS3.16 CID 405, Paper Document
    assert roles(root) == ["110153", "110154"]  # Source Role ID, Destination Media (A.5.3.4)
    assert requestors(root) == ["true", "false"]


def test_a_query_holds_what_was_asked() -> None:
    root = said(kind="find", study="", detail="STUDY: StudyDate")
    (query,) = root.iterfind("ParticipantObjectIdentification/ParticipantObjectQuery")
    assert base64.b64decode(query.text or "") == b"find STUDY: StudyDate"
    assert roles(root) == ["110153", "110152"]


def test_reading_the_log_names_the_log() -> None:
    (log,) = said(kind="audit.search", study="").iterfind("ParticipantObjectIdentification")
    name = log.find("ParticipantObjectName")
    assert name is not None
    assert name.text == "Security Audit Log"  # A.5.3.2
    assert (log.attrib["ParticipantObjectTypeCode"], log.attrib["ParticipantObjectTypeCodeRole"]) == ("2", "13")


def test_a_node_that_comes_is_no_requestor() -> None:
    assert requestors(said(kind="association.begin", study="", door="dimse", via="aet")) == ["false"]  # A.5.3.9


def test_a_start_names_application_and_launcher() -> None:
    assert roles(said(kind="start", study="", door="house", via="")) == ["110150", "110151"]  # A.5.3.1


def test_what_was_refused_is_a_serious_failure_and_says_so() -> None:
    root = said(kind="study.find", study="", outcome="refused")
    event = root.find("EventIdentification")
    assert event is not None
    assert event.attrib["EventOutcomeIndicator"] == "8"
    assert (event.findtext("EventOutcomeDescription") or "").startswith("refused")
    assert detail(root, "Alert Description") == "study.find"


def test_a_wrong_password_is_a_minor_failure() -> None:
    event = said(kind="sign-in", study="", caller="", outcome="refused").find("EventIdentification")
    assert event is not None
    assert event.attrib["EventOutcomeIndicator"] == "4"  # A.5.2: "invalid password with first retry"


def test_what_xml_cannot_hold_is_replaced_and_markup_stays_text() -> None:
    root = said(kind="peer.put", study="", caller="<a>&\x01", detail="<script>\x00")
    (person,) = root.iterfind("ActiveParticipant")
    assert person.attrib["UserName"] == "<a>&\ufffd"
    assert detail(root, "Alert Description") == "<script>\x00"
