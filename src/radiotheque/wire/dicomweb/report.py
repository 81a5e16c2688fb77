"""What became of the objects of a store request, in DICOM's words (PS3.18 10.5.3, Annex I)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response

from radiotheque.core import errors
from radiotheque.core.errors import RadiothequeError
from radiotheque.core.instance import Concern, Outcome, Receipt
from radiotheque.dicom import filemeta
from radiotheque.dicom.xml import to_xml
from radiotheque.wire.dicomweb.accept import XML
from radiotheque.wire.dicomweb.answers import status_of
from radiotheque.wire.dicomweb.urls import ServiceRoot

WARNINGS = {Concern.COERCED: 0xB000, Concern.DISCARDED: 0xB006, Concern.MISMATCH: 0xB007}
"""Warning Reason (0008,1196) of an instance that was kept all the same (PS3.18 Table 10.5.3-1)."""

REASONS: dict[type[RadiothequeError], int] = {
    errors.OutOfSpace: 0xA700,
    errors.Unavailable: 0xA700,
    errors.Busy: 0xA700,
    errors.Mismatch: 0xA900,
    errors.Malformed: 0xC000,
    errors.TooLarge: 0xC001,
    errors.NotPermitted: 0x0124,
    errors.Unsupported: 0x0122,
    errors.Conflict: 0xA900,
    errors.Refused: 0x0110,
    errors.NotFound: 0xC002,
    errors.Gone: 0xC003,
    errors.Damaged: 0xA701,
    RadiothequeError: 0x0110,
}
"""Failure Reason (0008,1197) of each error (PS3.18 Table 10.5.3-1 and PS3.4 Table B.2-1)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An object that was not kept; its UIDs are "" where they could not be read."""

    error: RadiothequeError
    sop_class: str = ""
    sop_instance: str = ""

    @property
    def reason(self) -> int:
        return next(REASONS[kind] for kind in type(self.error).__mro__ if kind in REASONS)


@dataclass(slots=True)
class Report:
    """The outcome of each object of a request, in order."""

    receipts: list[Receipt] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def failure_of(error: RadiothequeError, head: bytes | None) -> Failure:
    """Give the failure of an object that begins with `head`, named by its UIDs where they can be read."""
    return Failure(error, *(named_in(head) if head else ("", "")))


def named_in(head: bytes) -> tuple[str, str]:
    """Give SOP Class and SOP Instance UID as group 0002 names them, "" where it cannot be read (PS3.10 7.1)."""
    try:
        meta, _ = filemeta.split(head)
    except RadiothequeError:
        return "", ""
    found = [filemeta.text(meta, tag) for tag in (filemeta.MEDIA_SOP_CLASS, filemeta.MEDIA_SOP_INSTANCE)]
    return found[0], found[1]


def status_for(report: Report) -> int:
    """Give the status of the whole (PS3.18 Table 10.5.3-1).

    200 all kept; 202 some, or with warnings; when none was, that of the error where all failed alike by a fault
    that a second attempt or other rights would mend, 400 when nothing could be read, else 409.
    """
    if report.receipts:
        return 202 if report.failures or any(receipt.warnings for receipt in report.receipts) else 200
    statuses = {status_of(failure.error) for failure in report.failures}
    if len(statuses) == 1 and statuses <= {403, 413, 503, 507}:
        return statuses.pop()
    return (
        400 if all(not failure.sop_instance and status_of(failure.error) == 400 for failure in report.failures) else 409
    )


def response_for(report: Report, base: ServiceRoot, media_type: str) -> Response:
    """Give the Store Instances Response Module as the payload, and in words what failed as Warnings."""
    model = module(report, base)
    body = to_xml(model) if media_type == XML else orjson.dumps(model)
    response = Response(body, status_for(report), {"Cache-Control": "no-store"}, media_type)
    warned = (text for receipt in report.receipts for text in receipt.warnings)
    texts = dict.fromkeys((*(str(failure.error) for failure in report.failures), *warned))
    for text in list(texts)[:5]:
        response.headers.append("Warning", f"299 {base.url}: {_header_text(text)}")
    return response


def _header_text(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)[:300]


def module(report: Report, base: ServiceRoot) -> dict[str, Any]:
    """Give the response module as a DICOM JSON object (PS3.18 Table 10.5.3-1)."""
    out: dict[str, Any] = {}
    studies = {receipt.identity.study for receipt in report.receipts}
    if len(studies) == 1:
        out["00081190"] = _element("UR", base.study(studies.pop()))
    named = [failure for failure in report.failures if failure.sop_instance]
    others = [failure for failure in report.failures if not failure.sop_instance]
    if named:
        out["00081198"] = _sequence([_failed(failure) for failure in named])
    if report.receipts:
        out["00081199"] = _sequence([_referenced(receipt, base) for receipt in report.receipts])
    if others:
        out["0008119A"] = _sequence([{"00081197": _element("US", failure.reason)} for failure in others])
    return dict(sorted(out.items()))


def _referenced(receipt: Receipt, base: ServiceRoot) -> dict[str, Any]:
    identity = receipt.identity
    item = {
        "00081150": _element("UI", identity.sop_class),
        "00081155": _element("UI", identity.sop_instance),
        # what waits in quarantine is kept but cannot be retrieved until somebody decides
        "00081190": _element("UR", base.instance(identity.study, identity.series, identity.sop_instance))
        if receipt.outcome in (Outcome.KEPT, Outcome.DUPLICATE)
        else {"vr": "UR"},
    }
    if receipt.warnings:
        item["00081196"] = _element("US", WARNINGS[receipt.concern])
    return item


def _failed(failure: Failure) -> dict[str, Any]:
    return {
        "00081150": _element("UI", failure.sop_class),
        "00081155": _element("UI", failure.sop_instance),
        "00081197": _element("US", failure.reason),
    }


def _element(vr: str, value: Any) -> dict[str, Any]:
    return {"vr": vr, "Value": [value]}


def _sequence(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"vr": "SQ", "Value": list(items)}
