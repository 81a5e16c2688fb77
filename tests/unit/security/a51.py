"""The schema of PS3.15 A.5.1.1, written out by hand from its RELAX NG: what each element may hold, and in which order."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ANY = re.compile(r".*", re.DOTALL)


def one_of(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, words)))


def numbers(first: int, last: int) -> re.Pattern[str]:
    return one_of(*map(str, range(first, last + 1)))


@dataclass(frozen=True)
class Rule:
    """Attributes (name → pattern, whether required) and children in order (name → least, most; 0 for any)."""

    attributes: Mapping[str, tuple[re.Pattern[str], bool]] = field(default_factory=dict)
    children: Sequence[tuple[str, int, int]] = ()
    base64: bool = False


CODED = Rule(
    {"csd-code": (ANY, True), "codeSystemName": (ANY, True), "displayName": (ANY, False), "originalText": (ANY, True)}
)
SCHEMA: Mapping[str, Rule] = {
    "AuditMessage": Rule(
        {},
        [
            ("EventIdentification", 1, 1),
            ("ActiveParticipant", 1, 0),
            ("AuditSourceIdentification", 1, 1),
            ("ParticipantObjectIdentification", 0, 0),
        ],
    ),
    "EventIdentification": Rule(
        {
            "EventActionCode": (one_of("C", "R", "U", "D", "E"), False),
            "EventDateTime": (DATE_TIME, True),
            "EventOutcomeIndicator": (one_of("0", "4", "8", "12"), True),
        },
        [("EventID", 1, 1), ("EventTypeCode", 0, 0), ("EventOutcomeDescription", 0, 1)],
    ),
    "EventID": CODED,
    "EventTypeCode": CODED,
    "EventOutcomeDescription": Rule(),
    "ActiveParticipant": Rule(
        {
            "UserID": (ANY, True),
            "AlternativeUserID": (ANY, False),
            "UserName": (ANY, False),
            "UserIsRequestor": (one_of("true", "false"), True),
            "NetworkAccessPointID": (ANY, False),
            "NetworkAccessPointTypeCode": (numbers(1, 5), False),
        },
        [("RoleIDCode", 0, 0), ("MediaIdentifier", 0, 1)],
    ),
    "RoleIDCode": CODED,
    "MediaIdentifier": Rule({}, [("MediaType", 1, 1)]),
    "MediaType": CODED,
    "AuditSourceIdentification": Rule(
        {"AuditEnterpriseSiteID": (ANY, False), "AuditSourceID": (ANY, True)}, [("AuditSourceTypeCode", 0, 0)]
    ),
    "AuditSourceTypeCode": Rule({"csd-code": (numbers(1, 9), True)}),
    "ParticipantObjectIdentification": Rule(
        {
            "ParticipantObjectID": (ANY, True),
            "ParticipantObjectTypeCode": (numbers(1, 4), False),
            "ParticipantObjectTypeCodeRole": (numbers(1, 26), False),
            "ParticipantObjectDataLifeCycle": (numbers(1, 15), False),
            "ParticipantObjectSensitivity": (ANY, False),
        },
        [
            ("ParticipantObjectIDTypeCode", 1, 1),
            ("ParticipantObjectName|ParticipantObjectQuery", 1, 1),
            ("ParticipantObjectDetail", 0, 0),
            ("ParticipantObjectDescription", 0, 0),
        ],
    ),
    "ParticipantObjectIDTypeCode": CODED,
    "ParticipantObjectName": Rule(),
    "ParticipantObjectQuery": Rule(base64=True),
    "ParticipantObjectDetail": Rule({"type": (ANY, True), "value": (ANY, True)}),
}


def check(element: Element) -> None:
    """Fail unless the element and all below it are as the schema says."""
    rule = SCHEMA[element.tag]
    for name, text in element.attrib.items():
        assert name in rule.attributes, f"{element.tag} has no attribute {name}"
        assert rule.attributes[name][0].fullmatch(text), f"{element.tag}/@{name} may not be {text!r}"
    for name, (_, required) in rule.attributes.items():
        assert not required or name in element.attrib, f"{element.tag} lacks {name}"
    left = [child.tag for child in element]
    for names, least, most in rule.children:
        count = 0
        while left and left[0] in names.split("|"):
            left.pop(0)
            count += 1
        assert least <= count <= (most or count), f"{element.tag} has {count} of {names}"
    assert not left, f"{element.tag} has {left} out of order, or more than it may"
    if rule.base64:
        base64.b64decode(element.text or "", validate=True)
    if element.tag == "ParticipantObjectDetail":
        base64.b64decode(element.attrib["value"], validate=True)
    for child in element:
        check(child)
