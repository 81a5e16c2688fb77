"""What happened, told through the outbox in the transaction of the act that wrote it.

Delivered at least once and in no promised order between studies, so every listener is idempotent.
"""

from dataclasses import dataclass

from radiotheque.core.uid import UID


@dataclass(frozen=True, slots=True)
class InstanceKept:
    """An instance is durable and indexed, and can be found from now on."""

    study: UID
    series: UID
    instance: UID
    sop_class: str = ""


@dataclass(frozen=True, slots=True)
class InstanceQuarantined:
    """An object is durable, hidden, and has an open case."""

    case: int
    reason: str


@dataclass(frozen=True, slots=True)
class StudySettled:
    """No instance has come for the study for a while."""

    study: UID


@dataclass(frozen=True, slots=True)
class StudyAmended:
    """What the study's objects are shown as has changed (patient's name, identifier…)."""

    study: UID
    version: int


@dataclass(frozen=True, slots=True)
class StudyRejected:
    """A study, or one series or instance of it, is hidden from every list, count and retrieval."""

    study: UID
    series: str
    instance: str
    reason: str


@dataclass(frozen=True, slots=True)
class StudyRestored:
    """A rejection was taken back."""

    study: UID
    series: str
    instance: str


@dataclass(frozen=True, slots=True)
class ReadingChanged:
    """The reading of a study began, ended or went over to another reader, or its status, priority or comment changed.

    `reader` is who reads it now, `taken_from` who did so until now and did not give it back; "" for nobody.
    """

    study: UID
    reader: str = ""
    taken_from: str = ""


type Event = (
    InstanceKept | InstanceQuarantined | StudySettled | StudyAmended | StudyRejected | StudyRestored | ReadingChanged
)
