"""An audit message in XML: the schema of PS3.15 A.5.1.1, elements in its order. Pure."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from radiotheque.security.audit_kinds import Code
from radiotheque.security.audit_message import Message, Participant, Subject, encoded

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_APPLICATION_SERVER = "4"
MACHINE, IP_ADDRESS = "1", "2"  # NetworkAccessPointTypeCode


def xml_of(message: Message) -> bytes:
    """Give the message as a document in UTF-8. What XML cannot hold becomes U+FFFD."""
    root = Element("AuditMessage")
    _event(root, message)
    for participant in message.participants:
        _participant(root, participant)
    _source(root, message)
    for subject in message.subjects:
        _subject(root, subject)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>' + body


def _event(root: Element, message: Message) -> None:
    event = SubElement(
        root,
        "EventIdentification",
        EventActionCode=message.meaning.action,
        EventDateTime=message.at,
        EventOutcomeIndicator=message.outcome,
    )
    _coded(event, "EventID", message.meaning.event)
    for code in message.meaning.types:
        _coded(event, "EventTypeCode", code)
    if message.outcome != "0":
        SubElement(event, "EventOutcomeDescription").text = _clean(
            f"{message.entry.outcome}: {message.entry.detail or message.entry.kind}"
        )


def _participant(root: Element, given: Participant) -> None:
    attributes = {"UserID": given.user_id or "unknown"}
    if given.alternative:
        attributes["AlternativeUserID"] = given.alternative
    if given.name:
        attributes["UserName"] = given.name
    attributes["UserIsRequestor"] = "true" if given.requestor else "false"
    if given.address:
        attributes["NetworkAccessPointID"] = given.address
        attributes["NetworkAccessPointTypeCode"] = MACHINE if given.is_machine else IP_ADDRESS
    participant = SubElement(root, "ActiveParticipant", _all_clean(attributes))
    if given.role is not None:
        _coded(participant, "RoleIDCode", given.role)
    if given.medium is not None:
        _coded(SubElement(participant, "MediaIdentifier"), "MediaType", given.medium)


def _source(root: Element, message: Message) -> None:
    attributes = {"AuditSourceID": message.source.name}
    if message.source.site:
        attributes["AuditEnterpriseSiteID"] = message.source.site
    source = SubElement(root, "AuditSourceIdentification", _all_clean(attributes))
    SubElement(source, "AuditSourceTypeCode", {"csd-code": _APPLICATION_SERVER})


def _subject(root: Element, given: Subject) -> None:
    attributes = {
        "ParticipantObjectID": given.object_id,
        "ParticipantObjectTypeCode": given.object_type,
        "ParticipantObjectTypeCodeRole": given.role,
    }
    if given.life_cycle:
        attributes["ParticipantObjectDataLifeCycle"] = given.life_cycle
    subject = SubElement(root, "ParticipantObjectIdentification", _all_clean(attributes))
    _coded(subject, "ParticipantObjectIDTypeCode", given.id_type)
    if given.query:
        SubElement(subject, "ParticipantObjectQuery").text = encoded(given.query)
    else:
        SubElement(subject, "ParticipantObjectName").text = _clean(given.name or given.object_id)
    for name, text in given.details:
        SubElement(subject, "ParticipantObjectDetail", {"type": name, "value": encoded(text)})


def _coded(parent: Element, name: str, code: Code) -> None:
    SubElement(parent, name, {"csd-code": code.value, "codeSystemName": code.scheme, "originalText": code.meaning})


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)


def _all_clean(attributes: dict[str, str]) -> dict[str, str]:
    return {name: _clean(text) for name, text in attributes.items()}
