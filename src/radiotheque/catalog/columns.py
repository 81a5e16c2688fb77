"""Which attributes are columns: where each is kept, how it matches, and at which level it is answered."""

from dataclasses import dataclass
from enum import StrEnum

from radiotheque.core.query import Level


class Kind(StrEnum):
    """How a column matches (PS3.4 C.2.2.2)."""

    UID = "uid"
    TEXT = "text"  # case-sensitive, wild cards
    NAME = "name"  # folded, wild cards
    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    LIST = "list"  # several values, any of them may match
    MODALITY = "modality"  # ModalitiesInStudy: a list with a table of its own
    REQUEST = "request"  # an attribute of the items of Request Attributes Sequence
    SHOWN = "shown"  # answered, not matched on


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute that is a column. `shown` is what is answered, `matched` what keys are compared with."""

    keyword: str
    level: Level
    kind: Kind
    shown: str
    matched: str


REQUESTS = "RequestAttributesSequence"
REQUEST_COLUMNS = {
    "ScheduledProcedureStepID": "sps_id",
    "RequestedProcedureID": "rp_id",
    "AccessionNumber": "accession",
    "StudyInstanceUID": "study_uid",
}
"""Attributes of the items of Request Attributes Sequence (0040,0275) and their columns in `series_request`."""


def _column(level: Level, kind: Kind, keyword: str, shown: str, *, matched: str = "") -> Column:
    return Column(keyword, level, kind, shown, matched or shown)


_P, _S, _E, _I = Level.PATIENT, Level.STUDY, Level.SERIES, Level.IMAGE

_ALL = (
    _column(_P, Kind.NAME, "PatientName", "s.patient_name", matched="s.name_fold"),
    _column(_P, Kind.TEXT, "PatientID", "s.patient_id"),
    _column(_P, Kind.TEXT, "IssuerOfPatientID", "s.issuer"),
    _column(_P, Kind.DATE, "PatientBirthDate", "s.birth_date"),
    _column(_P, Kind.SHOWN, "PatientBirthTime", "s.birth_time"),
    _column(_P, Kind.TEXT, "PatientSex", "s.sex"),
    _column(_P, Kind.LIST, "OtherPatientIDs", "s.other_ids"),
    _column(_P, Kind.LIST, "OtherPatientIDsSequence.PatientID", "s.other_ids"),
    _column(_P, Kind.TEXT, "PatientComments", "s.patient_comments"),
    _column(_S, Kind.UID, "StudyInstanceUID", "s.uid"),
    _column(_S, Kind.DATE, "StudyDate", "s.date"),
    _column(_S, Kind.TIME, "StudyTime", "s.time_shown", matched="s.time"),
    _column(_S, Kind.TEXT, "AccessionNumber", "s.accession"),
    _column(_S, Kind.TEXT, "StudyID", "s.study_id"),
    _column(_S, Kind.TEXT, "StudyDescription", "s.description"),
    _column(_S, Kind.NAME, "ReferringPhysicianName", "s.referring", matched="s.referring_fold"),
    _column(_S, Kind.MODALITY, "ModalitiesInStudy", "s.modalities"),
    _column(_S, Kind.LIST, "SOPClassesInStudy", "s.sop_classes"),
    _column(_S, Kind.SHOWN, "NumberOfStudyRelatedSeries", "s.n_series"),
    _column(_S, Kind.SHOWN, "NumberOfStudyRelatedInstances", "s.n_instances"),
    _column(_S, Kind.SHOWN, "TimezoneOffsetFromUTC", "s.timezone"),
    _column(_E, Kind.UID, "SeriesInstanceUID", "e.uid"),
    _column(_E, Kind.TEXT, "Modality", "e.modality"),
    _column(_E, Kind.NUMBER, "SeriesNumber", "e.number", matched="e.ord"),
    _column(_E, Kind.TEXT, "SeriesDescription", "e.description"),
    _column(_E, Kind.DATE, "SeriesDate", "e.date"),
    _column(_E, Kind.TIME, "SeriesTime", "e.time_shown", matched="e.time"),
    _column(_E, Kind.TEXT, "BodyPartExamined", "e.body_part"),
    _column(_E, Kind.TEXT, "Laterality", "e.laterality"),
    _column(_E, Kind.TEXT, "ProtocolName", "e.protocol"),
    _column(_E, Kind.TEXT, "StationName", "e.station"),
    _column(_E, Kind.TEXT, "Manufacturer", "e.manufacturer"),
    _column(_E, Kind.TEXT, "ManufacturerModelName", "e.model"),
    _column(_E, Kind.TEXT, "InstitutionName", "e.institution"),
    _column(_E, Kind.TEXT, "InstitutionalDepartmentName", "e.department"),
    _column(_E, Kind.SHOWN, "OperatorsName", "e.operators"),
    _column(_E, Kind.NAME, "PerformingPhysicianName", "e.performing", matched="e.performing_fold"),
    _column(_E, Kind.DATE, "PerformedProcedureStepStartDate", "e.pps_date"),
    _column(_E, Kind.TIME, "PerformedProcedureStepStartTime", "e.pps_time_shown", matched="e.pps_time"),
    _column(_E, Kind.TEXT, "PerformedProcedureStepID", "e.pps_id"),
    _column(_E, Kind.TEXT, "PerformedProcedureStepDescription", "e.pps_description"),
    _column(_E, Kind.SHOWN, "NumberOfSeriesRelatedInstances", "e.n_instances"),
    _column(_E, Kind.SHOWN, REQUESTS, "e.requests"),
    *(
        _column(_E, Kind.REQUEST, f"{REQUESTS}.{keyword}", "e.requests", matched=f"r.{name}")
        for keyword, name in REQUEST_COLUMNS.items()
    ),
    _column(_I, Kind.UID, "SOPInstanceUID", "i.uid"),
    _column(_I, Kind.UID, "SOPClassUID", "i.sop_class"),
    _column(_I, Kind.NUMBER, "InstanceNumber", "i.number", matched="i.ord"),
    _column(_I, Kind.NUMBER, "Rows", "i.rows"),
    _column(_I, Kind.NUMBER, "Columns", "i.columns"),
    _column(_I, Kind.NUMBER, "BitsAllocated", "i.bits"),
    _column(_I, Kind.NUMBER, "NumberOfFrames", "i.frames"),
    _column(_I, Kind.DATE, "ContentDate", "i.content_date"),
    _column(_I, Kind.TIME, "ContentTime", "i.content_time_shown", matched="i.content_time"),
    _column(_I, Kind.LIST, "ImageType", "i.image_type"),
    _column(_I, Kind.TEXT, "PhotometricInterpretation", "i.photometric"),
    _column(_I, Kind.UID, "AvailableTransferSyntaxUID", "i.syntax"),
)

COLUMNS = {column.keyword: column for column in _ALL}

LISTS = frozenset({"OtherPatientIDs", "ModalitiesInStudy", "SOPClassesInStudy", "OperatorsName", "ImageType"})
"""Columns that hold a JSON list of values."""

DEPTH = {Level.PATIENT: 0, Level.STUDY: 1, Level.SERIES: 2, Level.IMAGE: 3}

UNIQUE_KEYS = {
    Level.PATIENT: ("PatientID",),
    Level.STUDY: ("PatientID", "StudyInstanceUID"),
    Level.SERIES: ("PatientID", "StudyInstanceUID", "SeriesInstanceUID"),
    Level.IMAGE: ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
}
"""Of the level and those above it: in every answer (PS3.4 C.4.1.2.2)."""

INDEXED = frozenset(
    keyword for keyword, column in COLUMNS.items() if not keyword.startswith("NumberOf") or keyword == "NumberOfFrames"
) - {"ModalitiesInStudy", "SOPClassesInStudy", "AvailableTransferSyntaxUID"}
"""What the header of an arriving object is asked for."""


def own_keywords(level: Level) -> tuple[str, ...]:
    """Give the keywords that an answer at this level holds without being asked for."""
    levels = {level} if level is not Level.STUDY else {Level.PATIENT, Level.STUDY}
    own = [column.keyword for column in _ALL if column.level in levels and "." not in column.keyword]
    return tuple(dict.fromkeys((*UNIQUE_KEYS[level], *own)))
