"""Which attributes are taken from a header: what QIDO-RS and C-FIND match and return (PS3.4 C.6, PS3.18 10.6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from radiotheque.dicom.dictionary import SPECIFIC_CHARACTER_SET, settled_vr, tag_of, vr_of

# fmt: off
INDEXED: tuple[str, ...] = (
    # Patient (PS3.4 Table C.6-1)
    "PatientName", "PatientID", "IssuerOfPatientID", "TypeOfPatientID",
    "IssuerOfPatientIDQualifiersSequence.UniversalEntityID", "IssuerOfPatientIDQualifiersSequence.UniversalEntityIDType",
    "PatientBirthDate", "PatientBirthTime", "PatientBirthName", "PatientSex", "PatientAge", "PatientSize", "PatientWeight",
    "OtherPatientIDs", "OtherPatientNames", "OtherPatientIDsSequence.PatientID", "OtherPatientIDsSequence.IssuerOfPatientID",
    "OtherPatientIDsSequence.TypeOfPatientID", "EthnicGroup", "PatientComments", "PatientSpeciesDescription",
    "PatientIdentityRemoved", "MedicalAlerts", "Allergies", "PregnancyStatus", "Occupation", "AdditionalPatientHistory",
    # Study (PS3.4 Table C.6-2, PS3.18 Table 10.6.3-3)
    "StudyDate", "StudyTime", "AccessionNumber", "IssuerOfAccessionNumberSequence.UniversalEntityID",
    "IssuerOfAccessionNumberSequence.LocalNamespaceEntityID", "StudyID", "StudyInstanceUID", "StudyDescription",
    "ReferringPhysicianName", "NameOfPhysiciansReadingStudy", "PhysiciansOfRecord", "ConsultingPhysicianName",
    "RequestingPhysician", "RequestingService", "AdmittingDiagnosesDescription", "TimezoneOffsetFromUTC", "AdmissionID",
    "ProcedureCodeSequence.CodeValue", "ProcedureCodeSequence.CodingSchemeDesignator", "ProcedureCodeSequence.CodeMeaning",
    "RequestedProcedureDescription", "RequestedProcedureID", "InstitutionName", "InstitutionalDepartmentName",
    "InstitutionAddress", "CurrentPatientLocation",
    # Series (PS3.4 Table C.6-3, PS3.18 Table 10.6.3-4)
    "Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "SeriesDate", "SeriesTime", "BodyPartExamined",
    "Laterality", "PatientPosition", "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime",
    "PerformedProcedureStepID", "PerformedProcedureStepDescription", "PerformingPhysicianName", "OperatorsName",
    "ProtocolName", "StationName", "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions",
    "RequestAttributesSequence.ScheduledProcedureStepID", "RequestAttributesSequence.RequestedProcedureID",
    "RequestAttributesSequence.AccessionNumber", "RequestAttributesSequence.StudyInstanceUID",
    "RequestAttributesSequence.ScheduledProcedureStepDescription", "RequestAttributesSequence.RequestedProcedureDescription",
    "PresentationIntentType", "ModalityLUTSequence.ModalityLUTType", "FrameOfReferenceUID", "SynchronizationFrameOfReferenceUID",
    "AnatomicRegionSequence.CodeValue", "AnatomicRegionSequence.CodeMeaning",
    # Instance (PS3.4 Table C.6-4, PS3.18 Table 10.6.3-5)
    "SOPClassUID", "SOPInstanceUID", "InstanceNumber", "InstanceCreationDate", "InstanceCreationTime",
    "AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime", "AcquisitionNumber", "ContentDate", "ContentTime",
    "ContentLabel", "ContentDescription", "ContentCreatorName", "PresentationCreationDate", "PresentationCreationTime",
    "ConceptNameCodeSequence.CodeValue", "ConceptNameCodeSequence.CodingSchemeDesignator", "ConceptNameCodeSequence.CodeMeaning",
    "VerificationFlag", "CompletionFlag", "DocumentTitle", "MIMETypeOfEncapsulatedDocument",
    "ImageType", "ImageComments", "ViewPosition", "ImageLaterality", "PatientOrientation", "Rows", "Columns", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel", "PlanarConfiguration", "NumberOfFrames",
    "PhotometricInterpretation", "PixelSpacing", "ImagerPixelSpacing", "WindowCenter", "WindowWidth", "RescaleSlope",
    "RescaleIntercept", "LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod",
    "BurnedInAnnotation", "QualityControlImage", "KVP", "ExposureTime", "XRayTubeCurrent", "Exposure", "ExposureInuAs",
    "ExposureIndex", "TargetExposureIndex", "DeviationIndex", "ImageAndFluoroscopyAreaDoseProduct", "EntranceDoseInmGy",
    "ViewCodeSequence.CodeValue", "ViewCodeSequence.CodeMeaning", "PartialView", "BreastImplantPresent", "FrameTime", "CineRate",
    "RecommendedDisplayFrameRate", "PresentationLUTShape", "ReferencedSeriesSequence.SeriesInstanceUID",
    "ReferencedSeriesSequence.ReferencedImageSequence.ReferencedSOPClassUID",
    "ReferencedSeriesSequence.ReferencedImageSequence.ReferencedSOPInstanceUID",
    "HL7InstanceIdentifier", "DoseSummationType", "StructureSetLabel", "StructureSetDate", "StructureSetTime",
    "RTPlanLabel", "RTPlanDate", "RTPlanTime", "TreatmentDate", "TreatmentTime",
    # for key objects and rejection notes (IHE RAD TF-3 4.66)
    "CurrentRequestedProcedureEvidenceSequence.StudyInstanceUID",
)
# fmt: on
"""Keywords, dotted where the attribute is inside the items of a sequence."""

LAST_INDEXED_TAG = 0x00400275
"""Request Attributes Sequence: a head that reaches behind it holds all that a query needs of most objects."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tree of attributes: `name` of a leaf ("" for a sequence), its VR in the dictionary, what is wanted inside."""

    name: str = ""
    vr: str = ""
    inside: dict[int, "Wanted"] = field(default_factory=dict)


@lru_cache(maxsize=64)
def wanted(extra: tuple[str, ...] = ()) -> Mapping[int, Wanted]:
    """Give the tree of `INDEXED` and `extra` by tag. Raises `Malformed` for a name that is no attribute."""
    root = Wanted()
    for name in (*INDEXED, *extra):
        node = root
        parts = name.split(".")
        for part in parts[:-1]:
            node = node.inside.setdefault(tag_of(part), Wanted())
        tag = tag_of(parts[-1])
        node.inside[tag] = Wanted(name, settled_vr(vr_of(tag), signed=False))
    root.inside[SPECIFIC_CHARACTER_SET] = Wanted("SpecificCharacterSet", "CS")
    return root.inside


@lru_cache(maxsize=64)
def wanted_as_read(extra: tuple[str, ...] = ()) -> Mapping[int, Wanted]:
    """Give `wanted` with keys as a little endian 32-bit read of the eight-digit tag gives them: element, then group."""
    return {(tag & 0xFFFF) << 16 | tag >> 16: node for tag, node in wanted(extra).items()}
