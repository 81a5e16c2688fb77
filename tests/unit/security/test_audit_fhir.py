"""AuditEvents as FHIR R4 and the profiles of IHE BALP want them; cardinalities are those of the profiles."""

import base64
from typing import Any

import pytest

from radiotheque.core.caller import Permission
from radiotheque.security.audit_fhir import bundle_of, fhir_of
from radiotheque.security.audit_kinds import KINDS
from radiotheque.security.audit_message import message_of
from unit.security.entries import HOUSE, entry

BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
ALLOWED = {
    "resourceType", "id", "meta", "type", "subtype", "action", "recorded", "outcome", "outcomeDesc", "agent", "source",
    "entity",
}  # fmt: skip


def event(**changes: object) -> dict[str, Any]:
    return fhir_of(message_of(entry(**changes), HOUSE))


def agent(of: dict[str, Any], code: str) -> dict[str, Any]:
    (found,) = (each for each in of["agent"] if each.get("type", {}).get("coding", [{}])[0].get("code") == code)
    return found  # type: ignore[no-any-return]


def entities(of: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return [each for each in of["entity"] if each["type"]["code"] == code]


@pytest.mark.parametrize("kind", [*KINDS, *Permission])
@pytest.mark.parametrize("outcome", ["success", "refused"])
def test_every_act_has_what_an_audit_event_must_have(kind: str, outcome: str) -> None:
    for study, door in (("", "api"), ("1.2.3", "api"), ("1.2.3", "dimse")):
        made = event(kind=kind, outcome=outcome, study=study, door=door)
        assert made.keys() <= ALLOWED
        assert made["type"]["code"]  # type, recorded, agent and source are 1..; an agent must say whether it asked
        assert made["agent"]
        assert all(isinstance(each["requestor"], bool) for each in made["agent"])
        assert all(each["network"]["type"] in "12345" for each in made["agent"] if "network" in each)
        assert made["source"]["observer"]
        assert made["action"] in ("C", "R", "U", "D", "E")
        for each in made.get("entity", ()):
            assert not ("name" in each and "query" in each)  # invariant sev-1


def test_a_view_over_the_api_is_a_patient_read_of_balp() -> None:
    made = event()
    assert made["meta"]["profile"] == [BALP + "PatientRead"]
    assert (made["type"]["code"], made["action"], made["outcome"]) == ("rest", "R", "0")
    assert made["subtype"][0] == {
        "system": "http://hl7.org/fhir/restful-interaction", "code": "read", "display": "read",
    }  # fmt: skip
    client, server, user = agent(made, "110152"), agent(made, "110153"), agent(made, "IRCP")
    assert client["network"] == {"address": "192.0.2.7", "type": "2"}
    assert server["who"]
    assert server["network"]
    assert user["requestor"] is True
    assert "network" not in user  # users are not network devices
    assert user["name"] == "jean.martin"
    (data,), (patient,) = entities(made, "2"), entities(made, "1")
    assert data["role"]["code"] == "3"
    assert data["what"]["identifier"] == {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}
    assert patient["role"]["code"] == "1"
    assert patient["what"]["type"] == "Patient"
    assert patient["what"]["identifier"] == {"value": "PID1", "assigner": {"display": "ISSUER"}}


def test_a_search_over_dicomweb_is_a_query_of_balp() -> None:
    made = event(kind="find", study="", patient_id="", door="dicomweb", detail="STUDY: StudyDate")
    assert made["meta"]["profile"] == [BALP + "Query"]
    assert (made["type"]["code"], made["action"], made["subtype"][0]["code"]) == ("rest", "E", "search-type")
    assert agent(made, "110153")["network"]["address"] == "192.0.2.7"  # of a query the client is the source
    (query,) = entities(made, "2")
    assert query["role"]["code"] == "24"
    assert base64.b64decode(query["query"]) == b"find STUDY: StudyDate"
    assert not query.keys() & {"what", "lifecycle", "detail"}


@pytest.mark.parametrize(
    ("kind", "profile", "interaction"),
    [("store", "PatientCreate", "create"), ("amend", "PatientUpdate", "update"), ("reject", "PatientDelete", "delete")],
)
def test_changes_follow_their_profiles(kind: str, profile: str, interaction: str) -> None:
    made = event(kind=kind)
    assert made["meta"]["profile"] == [BALP + profile]
    assert made["subtype"][0]["code"] == interaction
    assert agent(made, "110153")["network"]["address"] == "192.0.2.7"


def test_an_export_is_a_disclosure_by_us() -> None:
    made = event(kind="export")
    assert made["meta"]["profile"] == [BALP + "PrivacyDisclosure.Source"]
    assert (made["type"]["code"], made["action"]) == ("110106", "R")
    assert made["subtype"][0]["code"] == "disclose"
    assert len(made["entity"]) == 2


def test_what_failed_claims_no_profile_of_balp_and_says_why() -> None:
    made = event(outcome="refused")
    assert "meta" not in made
    assert made["outcome"] == "8"
    assert made["outcomeDesc"].startswith("refused")


def test_dicom_is_told_by_its_own_event() -> None:
    made = event(kind="store", caller="CR1", door="dimse", via="aet")
    assert made["type"] == {
        "system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110104",
        "display": "DICOM Instances Transferred",
    }  # fmt: skip
    assert agent(made, "110153")["altId"] == "AETITLES=CR1"


def test_a_bundle_pages_by_a_link_to_what_follows() -> None:
    made = bundle_of([event()], base="/api", here="/api/audit?format=fhir", following="/api/audit?after=5")
    assert (made["resourceType"], made["type"]) == ("Bundle", "searchset")
    assert made["link"][1] == {"relation": "next", "url": "/api/audit?after=5"}
    assert made["entry"][0]["fullUrl"] == "/api/AuditEvent/5"
    assert "entry" not in bundle_of([], base="/api", here="/api/audit")
