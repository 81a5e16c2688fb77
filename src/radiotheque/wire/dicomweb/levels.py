"""What each level's answer holds (PS3.18 10.6.3.3), by keyword."""

from radiotheque.core.query import Level

STUDY = (
    "SpecificCharacterSet",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "InstanceAvailability",
    "ModalitiesInStudy",
    "ReferringPhysicianName",
    "TimezoneOffsetFromUTC",
    "RetrieveURL",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyID",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
)
SERIES = (
    "SpecificCharacterSet",
    "Modality",
    "TimezoneOffsetFromUTC",
    "SeriesDescription",
    "RetrieveURL",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "NumberOfSeriesRelatedInstances",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "RequestAttributesSequence",
)
INSTANCE = (
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "InstanceAvailability",
    "TimezoneOffsetFromUTC",
    "RetrieveURL",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "InstanceNumber",
    "Rows",
    "Columns",
    "BitsAllocated",
    "NumberOfFrames",
    "AvailableTransferSyntaxUID",
)

INSIDE = {
    "RequestAttributesSequence": (
        "RequestAttributesSequence.ScheduledProcedureStepID",
        "RequestAttributesSequence.RequestedProcedureID",
    )
}
"""What an answer holds of the items of a sequence without being asked for it (PS3.18 table 10.6.3-4)."""

IF_KNOWN = frozenset(
    {
        "TimezoneOffsetFromUTC",
        "SeriesDescription",
        "PerformedProcedureStepStartDate",
        "PerformedProcedureStepStartTime",
        "RequestAttributesSequence",
        "Rows",
        "Columns",
        "BitsAllocated",
        "NumberOfFrames",
        "AvailableTransferSyntaxUID",
    }
)
"""Left out of an answer when there is no value; the others are then empty."""


def returned_at(level: Level, *, study_given: bool, series_given: bool) -> tuple[str, ...]:
    """Give the keywords of an answer: a relational search tells of the levels above too (PS3.18 10.6.1.2)."""
    if level is Level.STUDY:
        return STUDY
    above = () if study_given else STUDY
    if level is Level.SERIES:
        return above + SERIES
    return above + (() if series_given else SERIES) + INSTANCE
