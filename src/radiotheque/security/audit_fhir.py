"""An audit message as a FHIR R4 AuditEvent (IHE BALP, https://profiles.ihe.net/ITI/BALP). Pure.

What came in over a RESTful door follows a profile of BALP: read, query, create, update, delete, each with or without its
patient, and exports as disclosures. Everything else is an AuditEvent of the same event as in DICOM.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radiotheque.security.audit_kinds import Code, Shape
from radiotheque.security.audit_message import (
    DESTINATION_ROLE,
    PATIENT,
    QUERY,
    REPORT,
    SOURCE_ROLE,
    STUDY_UID,
    SUCCESS,
    Message,
    Participant,
    Subject,
    encoded,
)

type Json = dict[str, Any]

DCM = "http://dicom.nema.org/resources/ontology/DCM"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
NETWORK_TYPE = "http://hl7.org/fhir/network-type"
PROFILES = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
RESTFUL = frozenset({"api", "dicomweb"})

_RECIPIENT = {
    "system": f"{TERMINOLOGY}/v3-ParticipationType",
    "code": "IRCP",
    "display": "information recipient",
}


@dataclass(frozen=True, slots=True)
class _Rest:
    """A RESTful interaction: its code, BALP's profile, and whether what is asked for flows to the client."""

    interaction: str
    profile: str
    to_client: bool = False


_READ, _SEARCH = _Rest("read", "Read", to_client=True), _Rest("search-type", "Query")
_RESTS: Mapping[tuple[Shape, str], _Rest] = {
    (Shape.ACCESS, "R"): _READ,
    (Shape.GIVEN, "R"): _READ,
    (Shape.QUERY, "E"): _SEARCH,
    (Shape.RECEIVED, "C"): _Rest("create", "Create"),
    (Shape.ACCESS, "C"): _Rest("create", "Create"),
    (Shape.ACCESS, "U"): _Rest("update", "Update"),
    (Shape.PROCEDURE, "U"): _Rest("update", "Update"),
    (Shape.ACCESS, "D"): _Rest("delete", "Delete"),
}


def fhir_of(message: Message) -> Json:
    """Give the message as an AuditEvent; its id is its position in the chain, else its row's number."""
    entry, rest = message.entry, _rest(message)
    profile = _profile(message, rest)
    return {
        "resourceType": "AuditEvent",
        "id": f"{entry.position or f'row-{entry.entry_id}'}",
        **({"meta": {"profile": [PROFILES + profile]}} if profile else {}),
        "type": _type(message, rest),
        "subtype": _subtypes(message, rest),
        "action": message.meaning.action,
        "recorded": message.at,
        "outcome": message.outcome,
        **({"outcomeDesc": f"{entry.outcome}: {entry.detail or entry.kind}"} if message.outcome != SUCCESS else {}),
        "agent": _rest_agents(message, rest) if rest else [_agent(each) for each in message.participants],
        "source": _source(message),
        **({"entity": entities} if (entities := [_entity(each) for each in message.subjects]) else {}),
    }


def bundle_of(events: Sequence[Json], *, base: str, here: str, following: str = "") -> Json:
    """Give events as a searchset; `here` and `following` are the addresses of this page and the next."""
    links = [{"relation": "self", "url": here}]
    if following:
        links.append({"relation": "next", "url": following})
    entries = [
        {"fullUrl": f"{base}/AuditEvent/{event['id']}", "resource": event, "search": {"mode": "match"}}
        for event in events
    ]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, **({"entry": entries} if entries else {})}


def _rest(message: Message) -> _Rest | None:
    """Give the interaction of an act that came in over a RESTful door and succeeded: BALP profiles no failures."""
    if message.entry.door not in RESTFUL or message.outcome != SUCCESS:
        return None
    return _RESTS.get((message.meaning.shape, message.meaning.action))


def _profile(message: Message, rest: _Rest | None) -> str:
    patient = any(_is_patient(subject) for subject in message.subjects) and message.entry.patient_id
    if rest:
        return f"Patient{rest.profile}" if patient else rest.profile
    return "PrivacyDisclosure.Source" if message.meaning.shape is Shape.EXPORT and patient else ""


def _type(message: Message, rest: _Rest | None) -> Json:
    if rest is None:
        return _coding(message.meaning.event)
    return {"system": f"{TERMINOLOGY}/audit-event-type", "code": "rest", "display": "Restful Operation"}


def _subtypes(message: Message, rest: _Rest | None) -> list[Json]:
    codes = [_coding(code) for code in message.meaning.types]
    if rest is not None:
        return [
            {"system": INTERACTION, "code": rest.interaction, "display": rest.interaction},
            _coding(message.meaning.event),
            *codes,
        ]
    if message.meaning.shape is Shape.EXPORT:
        system = f"{TERMINOLOGY}/iso-21089-lifecycle"
        codes = [{"system": system, "code": "disclose", "display": "Disclose Record Lifecycle Event"}, *codes]
    return [*codes, {"system": "urn:radiotheque:act", "code": message.entry.kind}]


def _rest_agents(message: Message, rest: _Rest) -> list[Json]:
    """Give client, server and user: of a read the data flow to the client, of all else from it (BALP)."""
    entry, source = message.entry, message.source
    client_role, server_role = (DESTINATION_ROLE, SOURCE_ROLE) if rest.to_client else (SOURCE_ROLE, DESTINATION_ROLE)
    client = Participant(
        entry.address or source.name, False, client_role, address=entry.address or source.name,
        is_machine=not entry.address,
    )  # fmt: skip
    server = Participant(source.process, False, server_role, address=source.name, is_machine=True)
    user = {
        "type": {"coding": [_RECIPIENT]},
        "who": {"identifier": {"value": f"{entry.caller}@{source.name}"}, "display": entry.caller},
        "name": entry.caller,
        "requestor": True,
    }
    return [_agent(client), _agent(server), user]


def _agent(given: Participant) -> Json:
    address = given.address or given.user_id
    agent: Json = {
        **({"type": {"coding": [_coding(given.role)]}} if given.role else {}),
        "who": {"identifier": {"value": given.user_id}, "display": given.name or given.user_id},
        **({"altId": given.alternative} if given.alternative else {}),
        **({"name": given.name} if given.name else {}),
        "requestor": given.requestor,
        **({"media": _coding(given.medium)} if given.medium else {}),
    }
    kind = "1" if given.is_machine or not given.address else "2"
    return {**agent, "network": {"address": address, "type": kind}}


def _source(message: Message) -> Json:
    source = message.source
    return {
        **({"site": source.site} if source.site else {}),
        "observer": {"identifier": {"value": source.process}, "display": source.name},
        "type": [{"system": f"{TERMINOLOGY}/security-source-type", "code": "4", "display": "Application Server"}],
    }


def _entity(subject: Subject) -> Json:
    entity: Json = {
        "type": {"system": f"{TERMINOLOGY}/audit-entity-type", "code": subject.object_type},
        "role": {"system": f"{TERMINOLOGY}/object-role", "code": subject.role},
    }
    if subject.role == QUERY:
        text = subject.query.decode("utf-8", "replace")
        return {**entity, "description": text, "query": encoded(subject.query)}
    if subject.life_cycle:
        entity["lifecycle"] = {"system": f"{TERMINOLOGY}/dicom-audit-lifecycle", "code": subject.life_cycle}
    details = [{"type": name, "valueString": text} for name, text in subject.details]
    return {**entity, "what": _what(subject), **({"detail": details} if details else {})}


def _what(subject: Subject) -> Json:
    if _is_patient(subject):
        patient_id, _, issuer = subject.object_id.partition("^^^")
        assigner = {"assigner": {"display": issuer}} if issuer else {}
        return {"type": "Patient", "identifier": {"value": patient_id, **assigner}}
    if subject.role == REPORT and subject.id_type == STUDY_UID:
        return {"identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{subject.object_id}"}}
    return {"identifier": {"value": subject.object_id}, "display": subject.name}


def _is_patient(subject: Subject) -> bool:
    return subject.role == PATIENT


def _coding(code: Code) -> Json:
    return {"system": DCM, "code": code.value, "display": code.meaning}
