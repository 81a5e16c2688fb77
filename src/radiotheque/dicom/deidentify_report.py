"""What was done in a de-identified export, for machines and for people: counts and kinds, never who it was of."""

from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

from radiotheque.dicom.deidentify_order import Deed
from radiotheque.dicom.deidentify_profile import BASIC_CODE, CODES, Option

_ACTIONS = {
    "D": "replaced by a dummy",
    "Z": "emptied, or replaced by the pseudonym",
    "X": "removed",
    "C": "cleaned",
    "U": "replaced by another UID",
    "K": "kept",
}


class Treated(TypedDict):
    """How often an attribute met an action of PS3.15 Table E.1-1a."""

    tag: str
    keyword: str
    action: str
    count: int


class Left(TypedDict):
    """What the verifier found, by the instance's new UID: of which attribute of the original, and where."""

    instance: str
    kind: str
    where: str


class Report(TypedDict):
    """One export. `looked_at` counts images that a person saw, `masked` those of them with masks, `masks` all boxes."""

    project: str
    profile: str
    options: list[str]
    codes: list[str]
    studies: int
    instances: int
    treated: list[Treated]
    looked_at: int
    masked: int
    masks: int
    findings: list[Left]
    refused: list[str]
    released: bool


def treated(deeds: Sequence[Deed]) -> list[Treated]:
    """Give the sums over instances, by tag and action."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for deed in deeds:
        sums[deed.tag, deed.keyword, deed.action] += deed.count
    return [
        Treated(tag=tag, keyword=name, action=action, count=count)
        for (tag, name, action), count in sorted(sums.items())
    ]


def codes_of(options: frozenset[Option]) -> list[str]:
    """Give the codes of CID 7050 that the export is made under."""
    return sorted([BASIC_CODE[0], *(CODES[option][0] for option in options)])


def as_text(report: Report) -> str:
    """Give the report for people to read."""
    lines = [
        "De-identified export (PS3.15 2026d Annex E)",
        f"Project: {report['project']}    Profile: {report['profile']}",
        f"Options: {', '.join(report['options']) or 'none'}",
        f"Codes (CID 7050): {', '.join(report['codes'])}",
        f"{report['instances']} instances of {report['studies']} studies; "
        f"{report['looked_at']} images looked at by a person, {report['masks']} masks on {report['masked']} of them",
        *(f"Left out: {reason}" for reason in report["refused"]),
        "",
        "Attributes:",
    ]
    for each in report["treated"]:
        name = each["keyword"] or "private or unknown"
        tag = f"({each['tag'][:4]},{each['tag'][4:]})"
        lines.append(f"  {tag} {name}: {_ACTIONS[each['action']]}, {each['count']} times")
    findings = report["findings"]
    lines += ["", f"Verifier: {len(findings)} findings; {'released' if report['released'] else 'nothing was released'}"]
    lines += [f"  {each['instance']}: {each['kind']} in {each['where']}" for each in findings]
    return "\n".join(lines) + "\n"
