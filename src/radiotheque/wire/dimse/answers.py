"""What DIMSE says of our errors: one table a service, and the words for the Error Comment (PS3.7 C, PS3.4)."""

from dataclasses import dataclass
from enum import Enum

from radiotheque.core.errors import (
    Busy,
    Conflict,
    Damaged,
    Gone,
    Malformed,
    Mismatch,
    NotFound,
    NotPermitted,
    OutOfSpace,
    RadiothequeError,
    TooLarge,
    Unavailable,
    Undecodable,
    Unsupported,
)
from radiotheque.core.instance import Concern

SUCCESS = 0x0000
PENDING, PENDING_OPTIONAL_KEYS = 0xFF00, 0xFF01  # PS3.4 table C.4-1
CANCELLED = 0xFE00
COERCED, DISCARDED, MISMATCH_WARNING = 0xB000, 0xB006, 0xB007  # PS3.4 table B.2-1
SUBOPERATIONS_FAILED = 0xB000  # PS3.4 table C.4-2
OUT_OF_RESOURCES, MISMATCH, CANNOT_UNDERSTAND = 0xA700, 0xA900, 0xC000
NO_MATCHES_COUNTED, NO_SUBOPERATIONS, DESTINATION_UNKNOWN = 0xA701, 0xA702, 0xA801
PROCESSING_FAILURE, INVALID_ARGUMENT, NO_SUCH_INSTANCE = 0x0110, 0x0115, 0x0112
CLASS_NOT_SUPPORTED, NO_SUCH_ACTION, NOT_AUTHORISED = 0x0122, 0x0123, 0x0124
DUPLICATE_TRANSACTION, UNRECOGNISED_OPERATION, RESOURCE_LIMITATION = 0x0131, 0x0211, 0x0213


class Tongue(Enum):
    """The services whose statuses differ."""

    STORE = "C-STORE"
    FIND = "C-FIND"
    RETRIEVE = "C-MOVE and C-GET"
    NORMALISED = "N-ACTION and its kin"


ANSWERS: dict[Tongue, dict[type[RadiothequeError], int]] = {
    Tongue.STORE: {  # PS3.4 table B.2-1 and PS3.7 9.1.1.1.9
        Malformed: CANNOT_UNDERSTAND,
        Mismatch: MISMATCH,
        NotPermitted: NOT_AUTHORISED,
        Conflict: MISMATCH,
        Unsupported: CLASS_NOT_SUPPORTED,
        TooLarge: 0xC001,
        NotFound: 0xC002,
        Gone: 0xC003,
        Unavailable: OUT_OF_RESOURCES,
        OutOfSpace: OUT_OF_RESOURCES,
        Busy: OUT_OF_RESOURCES,
        Damaged: 0xA701,
        Undecodable: 0xA701,
    },
    Tongue.FIND: {  # PS3.4 table C.4-1
        Malformed: MISMATCH,
        Mismatch: MISMATCH,
        NotPermitted: NOT_AUTHORISED,
        Conflict: MISMATCH,
        Unsupported: MISMATCH,
        TooLarge: OUT_OF_RESOURCES,
        NotFound: 0xC002,
        Gone: 0xC003,
        Unavailable: OUT_OF_RESOURCES,
        OutOfSpace: OUT_OF_RESOURCES,
        Busy: OUT_OF_RESOURCES,
        Damaged: 0xC004,
        Undecodable: 0xC004,
    },
    Tongue.RETRIEVE: {  # PS3.4 table C.4-2
        Malformed: MISMATCH,
        Mismatch: MISMATCH,
        NotPermitted: NOT_AUTHORISED,
        Conflict: MISMATCH,
        Unsupported: MISMATCH,
        TooLarge: NO_MATCHES_COUNTED,
        NotFound: 0xC002,
        Gone: 0xC003,
        Unavailable: NO_MATCHES_COUNTED,
        OutOfSpace: NO_MATCHES_COUNTED,
        Busy: NO_MATCHES_COUNTED,
        Damaged: 0xC004,
        Undecodable: 0xC004,
    },
    Tongue.NORMALISED: {  # PS3.7 10.1
        Malformed: INVALID_ARGUMENT,
        Mismatch: 0x0119,
        NotPermitted: NOT_AUTHORISED,
        Conflict: DUPLICATE_TRANSACTION,
        Unsupported: CLASS_NOT_SUPPORTED,
        TooLarge: RESOURCE_LIMITATION,
        NotFound: NO_SUCH_INSTANCE,
        Gone: NO_SUCH_INSTANCE,
        Unavailable: RESOURCE_LIMITATION,
        OutOfSpace: RESOURCE_LIMITATION,
        Busy: RESOURCE_LIMITATION,
        Damaged: PROCESSING_FAILURE,
        Undecodable: PROCESSING_FAILURE,
    },
}

WARNINGS = {
    Concern.COERCED: COERCED,
    Concern.DISCARDED: DISCARDED,
    Concern.MISMATCH: MISMATCH_WARNING,
}
"""The status of an object that was taken in with a warning (PS3.4 table B.2-1)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the Error Comment that goes with it ("" with Success) and the Offending Element (0: none known)."""

    status: int
    comment: str = ""
    tag: int = 0


def answer_for(error: RadiothequeError, tongue: Tongue) -> Answer:
    """Give the status of `error` in a service, by the nearest class of the tree that its table names."""
    table = ANSWERS[tongue]
    for kind in type(error).__mro__:
        if kind in table:
            return Answer(table[kind], str(error) or kind.__name__, error.tag)
    return Answer(CANNOT_UNDERSTAND, str(error) or "refused", error.tag)
