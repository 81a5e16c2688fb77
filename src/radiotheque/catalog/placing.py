"""Where an arriving instance belongs, given what is held: pure decisions, made inside `record`'s transaction."""

from dataclasses import dataclass

from radiotheque.core.instance import Arrival, BlobName, Identity, Keep, Outcome, Quarantine, Reason, Twin, Verdict
from radiotheque.core.uid import UID

SEPARATOR = "\x1f"
"""Between the parts of a patient key: in no DICOM text (PS3.5 6.1.3)."""


@dataclass(frozen=True, slots=True)
class HeldInstance:
    """What is held under the arriving SOP Instance UID."""

    blob: BlobName
    syntax: UID
    dataset_sha256: bytes
    visible: bool


@dataclass(frozen=True, slots=True)
class HeldPlaces:
    """Whose the arriving Study is and in which Study the arriving Series is; "" where they are not held yet.

    `received_key` is the patient key of the study's first object as received, `current_key` the one it is shown
    under since an amendment: a modality goes on sending the first.
    """

    received_key: str = ""
    current_key: str = ""
    study_of_series: str = ""


def patient_key(identity: Identity) -> str:
    """Give the key of a patient: (issuer, id). An unidentified one is known by the study alone, so never joined."""
    if not identity.patient_id:
        return f"{SEPARATOR}{SEPARATOR}{identity.study}"
    return f"{identity.issuer}{SEPARATOR}{identity.patient_id}"


def place(held: HeldPlaces, arriving: Identity) -> Verdict:
    """Say whether an instance fits what is held. Nothing is ever joined or re-labelled to make it fit."""
    key = patient_key(arriving)
    if held.received_key and key not in (held.received_key, held.current_key):
        return Quarantine(
            Reason.STUDY_OF_OTHER_PATIENT, f"Study {arriving.study} is held for another Patient ID or issuer"
        )
    if held.study_of_series and held.study_of_series != arriving.study:
        return Quarantine(
            Reason.SERIES_OF_OTHER_STUDY, f"Series {arriving.series} is held in Study {held.study_of_series}"
        )
    return Keep()


def same_instance(held: HeldInstance | None, arrival: Arrival) -> Outcome | Twin | Quarantine | None:
    """Say what an arrival is to the instance held under its UID; None when none is.

    Equal bytes of the data set are the same, else equal elements, which the caller compares when answered
    `Twin`; another transfer syntax is another object even of the same pixels.
    """
    if held is None:
        return None
    uid = arrival.header.identity.sop_instance
    if held.syntax != arrival.header.transfer_syntax:
        return Quarantine(Reason.SAME_UID_OTHER_SYNTAX, f"Instance {uid} is held in Transfer Syntax {held.syntax}")
    if held.dataset_sha256 != arrival.blob.dataset_sha256:
        if arrival.compared is None or arrival.compared[0] != held.blob:
            return Twin(held.blob, held.syntax)
        if not arrival.compared[1]:
            return Quarantine(Reason.SAME_UID_OTHER_CONTENT, f"Instance {uid} is held with other content")
    return Outcome.DUPLICATE if held.visible else Outcome.STAYS_REJECTED
