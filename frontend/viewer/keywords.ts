/** Names of the attributes that radiographs have (PS3.6): a part of the dictionary, so that it need not be loaded whole. */

const PAIRS = `
  00020010 TransferSyntaxUID 00080005 SpecificCharacterSet 00080008 ImageType 00080012 InstanceCreationDate
  00080013 InstanceCreationTime 00080016 SOPClassUID 00080018 SOPInstanceUID 00080020 StudyDate
  00080021 SeriesDate 00080022 AcquisitionDate 00080023 ContentDate 0008002A AcquisitionDateTime
  00080030 StudyTime 00080031 SeriesTime 00080032 AcquisitionTime 00080033 ContentTime
  00080050 AccessionNumber 00080060 Modality 00080064 ConversionType 00080068 PresentationIntentType
  00080070 Manufacturer 00080080 InstitutionName 00080081 InstitutionAddress 00080090 ReferringPhysicianName
  00080100 CodeValue 00080102 CodingSchemeDesignator 00080104 CodeMeaning 00081010 StationName
  00081030 StudyDescription 00081032 ProcedureCodeSequence 0008103E SeriesDescription
  00081040 InstitutionalDepartmentName 00081048 PhysiciansOfRecord 00081050 PerformingPhysicianName
  00081060 NameOfPhysiciansReadingStudy 00081070 OperatorsName 00081080 AdmittingDiagnosesDescription
  00081090 ManufacturerModelName 00081110 ReferencedStudySequence
  00081111 ReferencedPerformedProcedureStepSequence 00081115 ReferencedSeriesSequence
  00081120 ReferencedPatientSequence 00081140 ReferencedImageSequence 00081150 ReferencedSOPClassUID
  00081155 ReferencedSOPInstanceUID 00081160 ReferencedFrameNumber 00082111 DerivationDescription
  00082112 SourceImageSequence 00082218 AnatomicRegionSequence 00082220 AnatomicRegionModifierSequence
  00082228 PrimaryAnatomicStructureSequence 00083010 IrradiationEventUID 00084000 IdentifyingComments
  00089205 PixelPresentation 00089206 VolumetricProperties 00089207 VolumeBasedCalculationTechnique
  00089215 DerivationCodeSequence 00100010 PatientName 00100020 PatientID 00100021 IssuerOfPatientID
  00100022 TypeOfPatientID 00100030 PatientBirthDate 00100032 PatientBirthTime 00100040 PatientSex
  00101000 OtherPatientIDs 00101001 OtherPatientNames 00101002 OtherPatientIDsSequence 00101010 PatientAge
  00101020 PatientSize 00101030 PatientWeight 00102160 EthnicGroup 00102180 Occupation
  001021B0 AdditionalPatientHistory 001021C0 PregnancyStatus 00104000 PatientComments
  00120062 PatientIdentityRemoved 00120063 DeidentificationMethod
  00120064 DeidentificationMethodCodeSequence 00180015 BodyPartExamined 00180022 ScanOptions
  00180040 CineRate 00180050 SliceThickness 00180060 KVP 00180071 AcquisitionTerminationCondition
  00180088 SpacingBetweenSlices 00181000 DeviceSerialNumber 00181004 PlateID 00181012 DateOfSecondaryCapture
  00181016 SecondaryCaptureDeviceManufacturer 00181018 SecondaryCaptureDeviceManufacturerModelName
  00181019 SecondaryCaptureDeviceSoftwareVersions 00181020 SoftwareVersions 00181030 ProtocolName
  00181041 ContrastBolusVolume 00181063 FrameTime 00181065 FrameTimeVector 00181110 DistanceSourceToDetector
  00181111 DistanceSourceToPatient 00181114 EstimatedRadiographicMagnificationFactor 00181134 TableMotion
  00181135 TableVerticalIncrement 00181147 FieldOfViewShape 00181149 FieldOfViewDimensions
  00181150 ExposureTime 00181151 XRayTubeCurrent 00181152 Exposure 00181153 ExposureInuAs
  00181154 AveragePulseWidth 00181155 RadiationSetting 00181156 RectificationType 00181160 FilterType
  00181161 TypeOfFilters 00181162 IntensifierSize 00181164 ImagerPixelSpacing 00181166 Grid
  00181180 CollimatorGridName 00181190 FocalSpots 00181191 AnodeTargetMaterial 001811A0 BodyPartThickness
  001811A2 CompressionForce 001811A4 PaddleDescription 00181200 DateOfLastCalibration
  00181201 TimeOfLastCalibration 00181242 ActualFrameDuration 00181243 CountRate 00181250 ReceiveCoilName
  00181251 TransmitCoilName 00181260 PlateType 00181261 PhosphorType 00181271 WaterEquivalentDiameter
  00181272 WaterEquivalentDiameterCalculationMethodCodeSequence 00181300 ScanVelocity
  00181400 AcquisitionDeviceProcessingDescription 00181401 AcquisitionDeviceProcessingCode
  00181403 CassetteSize 00181404 ExposuresOnPlate 00181405 RelativeXRayExposure 00181411 ExposureIndex
  00181412 TargetExposureIndex 00181413 DeviationIndex 00181450 ColumnAngulation
  00181495 NumberOfTomosynthesisSourceImages 00181500 PositionerMotion 00181508 PositionerType
  00181510 PositionerPrimaryAngle 00181511 PositionerSecondaryAngle 00181520 PositionerPrimaryAngleIncrement
  00181521 PositionerSecondaryAngleIncrement 00181530 DetectorPrimaryAngle 00181531 DetectorSecondaryAngle
  00181600 ShutterShape 00181602 ShutterLeftVerticalEdge 00181604 ShutterRightVerticalEdge
  00181606 ShutterUpperHorizontalEdge 00181608 ShutterLowerHorizontalEdge 00181610 CenterOfCircularShutter
  00181612 RadiusOfCircularShutter 00181620 VerticesOfThePolygonalShutter 00181622 ShutterPresentationValue
  00181623 ShutterOverlayGroup 00181700 CollimatorShape 00181702 CollimatorLeftVerticalEdge
  00181704 CollimatorRightVerticalEdge 00181706 CollimatorUpperHorizontalEdge
  00181708 CollimatorLowerHorizontalEdge 00181710 CenterOfCircularCollimator
  00181712 RadiusOfCircularCollimator 00181720 VerticesOfThePolygonalCollimator 00185100 PatientPosition
  00185101 ViewPosition 00185104 ProjectionEponymousNameCodeSequence 00186000 Sensitivity
  00187000 DetectorConditionsNominalFlag 00187001 DetectorTemperature 00187004 DetectorType
  00187005 DetectorConfiguration 00187006 DetectorDescription 00187008 DetectorMode 0018700A DetectorID
  0018700C DateOfLastDetectorCalibration 0018700E TimeOfLastDetectorCalibration
  00187010 ExposuresOnDetectorSinceLastCalibration 00187011 ExposuresOnDetectorSinceManufactured
  00187012 DetectorTimeSinceLastExposure 00187014 DetectorActiveTime
  00187016 DetectorActivationOffsetFromExposure 0018701A DetectorBinning
  00187020 DetectorElementPhysicalSize 00187022 DetectorElementSpacing 00187024 DetectorActiveShape
  00187026 DetectorActiveDimensions 00187028 DetectorActiveOrigin 0018702A DetectorManufacturerName
  0018702B DetectorManufacturerModelName 00187030 FieldOfViewOrigin 00187032 FieldOfViewRotation
  00187034 FieldOfViewHorizontalFlip 00187040 GridAbsorbingMaterial 00187041 GridSpacingMaterial
  00187042 GridThickness 00187044 GridPitch 00187046 GridAspectRatio 00187048 GridPeriod
  0018704C GridFocalDistance 00187050 FilterMaterial 00187052 FilterThicknessMinimum
  00187054 FilterThicknessMaximum 00187060 ExposureControlMode 00187062 ExposureControlModeDescription
  00187064 ExposureStatus 00187065 PhototimerSetting 00188150 ExposureTimeInuS 00188151 XRayTubeCurrentInuA
  0020000D StudyInstanceUID 0020000E SeriesInstanceUID 00200010 StudyID 00200011 SeriesNumber
  00200012 AcquisitionNumber 00200013 InstanceNumber 00200020 PatientOrientation
  00200032 ImagePositionPatient 00200037 ImageOrientationPatient 00200052 FrameOfReferenceUID
  00200060 Laterality 00200062 ImageLaterality 00201002 ImagesInAcquisition
  00201040 PositionReferenceIndicator 00201041 SliceLocation 00204000 ImageComments 00209056 StackID
  00209057 InStackPositionNumber 00209071 FrameAnatomySequence 00209111 FrameContentSequence
  00209113 PlanePositionSequence 00209116 PlaneOrientationSequence 00209157 DimensionIndexValues
  00209161 ConcatenationUID 00209163 InConcatenationTotalNumber 00209164 DimensionOrganizationUID
  00209165 DimensionIndexPointer 00209167 FunctionalGroupPointer 00209221 DimensionOrganizationSequence
  00209222 DimensionIndexSequence 00209228 ConcatenationFrameOffsetNumber 00209311 DimensionOrganizationType
  00209421 DimensionDescriptionLabel 00280002 SamplesPerPixel 00280004 PhotometricInterpretation
  00280006 PlanarConfiguration 00280008 NumberOfFrames 00280009 FrameIncrementPointer 00280010 Rows
  00280011 Columns 00280030 PixelSpacing 00280034 PixelAspectRatio 00280100 BitsAllocated
  00280101 BitsStored 00280102 HighBit 00280103 PixelRepresentation 00280106 SmallestImagePixelValue
  00280107 LargestImagePixelValue 00280120 PixelPaddingValue 00280121 PixelPaddingRangeLimit
  00280300 QualityControlImage 00280301 BurnedInAnnotation 00280302 RecognizableVisualFeatures
  00280303 LongitudinalTemporalInformationModified 00280304 ReferencedColorPaletteInstanceUID
  00280A02 PixelSpacingCalibrationType 00280A04 PixelSpacingCalibrationDescription
  00281040 PixelIntensityRelationship 00281041 PixelIntensityRelationshipSign 00281050 WindowCenter
  00281051 WindowWidth 00281052 RescaleIntercept 00281053 RescaleSlope 00281054 RescaleType
  00281055 WindowCenterWidthExplanation 00281056 VOILUTFunction
  00281101 RedPaletteColorLookupTableDescriptor 00281102 GreenPaletteColorLookupTableDescriptor
  00281103 BluePaletteColorLookupTableDescriptor 00281201 RedPaletteColorLookupTableData
  00281202 GreenPaletteColorLookupTableData 00281203 BluePaletteColorLookupTableData
  00281300 BreastImplantPresent 00281350 PartialView 00281351 PartialViewDescription 00282000 ICCProfile
  00282110 LossyImageCompression 00282112 LossyImageCompressionRatio 00282114 LossyImageCompressionMethod
  00283000 ModalityLUTSequence 00283002 LUTDescriptor 00283003 LUTExplanation 00283004 ModalityLUTType
  00283006 LUTData 00283010 VOILUTSequence 00286010 RepresentativeFrameNumber
  00286020 FrameNumbersOfInterest 00286030 MaskPointers 00286040 RWavePointer
  00286100 MaskSubtractionSequence 00286101 MaskOperation 00286102 ApplicableFrameRange
  00286110 MaskFrameNumbers 00286112 ContrastFrameAveraging 00286114 MaskSubPixelShift 00286120 TIDOffset
  00289110 PixelMeasuresSequence 00289132 FrameVOILUTSequence 00289145 PixelValueTransformationSequence
  00320012 StudyIDIssuer 00321032 RequestingPhysician 00321033 RequestingService
  00321060 RequestedProcedureDescription 00321064 RequestedProcedureCodeSequence 00380010 AdmissionID
  00380300 CurrentPatientLocation 00380500 PatientState 00400244 PerformedProcedureStepStartDate
  00400245 PerformedProcedureStepStartTime 00400250 PerformedProcedureStepEndDate
  00400251 PerformedProcedureStepEndTime 00400253 PerformedProcedureStepID
  00400254 PerformedProcedureStepDescription 00400260 PerformedProtocolCodeSequence
  00400275 RequestAttributesSequence 00400280 CommentsOnThePerformedProcedureStep
  00400301 TotalNumberOfExposures 00400302 EntranceDose 00400303 ExposedArea
  00400306 DistanceSourceToEntrance 00400310 CommentsOnRadiationDose 00400312 XRayOutput
  00400314 HalfValueLayer 00400316 OrganDose 00400318 OrganExposed 00400321 FilmConsumptionSequence
  00400324 BillingSuppliesAndDevicesSequence 00400440 ProtocolContextSequence
  00400555 AcquisitionContextSequence 00401008 ConfidentialityCode
  0040100A ReasonForRequestedProcedureCodeSequence 0040A010 RelationshipType 0040A030 VerificationDateTime
  0040A040 ValueType 0040A043 ConceptNameCodeSequence 0040A050 ContinuityOfContent
  0040A073 VerifyingObserverSequence 0040A120 DateTime 0040A121 Date 0040A122 Time 0040A123 PersonName
  0040A124 UID 0040A160 TextValue 0040A168 ConceptCodeSequence 0040A170 PurposeOfReferenceCodeSequence
  0040A180 AnnotationGroupNumber 0040A300 MeasuredValueSequence 0040A30A NumericValue
  0040A372 PerformedProcedureCodeSequence 0040A375 CurrentRequestedProcedureEvidenceSequence
  0040A491 CompletionFlag 0040A493 VerificationFlag 0040A504 ContentTemplateSequence
  0040A525 IdenticalDocumentsSequence 0040A730 ContentSequence 0040DB73 ReferencedContentItemIdentifier
  00420010 DocumentTitle 00420011 EncapsulatedDocument 00420012 MIMETypeOfEncapsulatedDocument
  00420013 SourceInstanceSequence 00540220 ViewCodeSequence 00540222 ViewModifierCodeSequence
  00540414 PatientGantryRelationshipCodeSequence 00700001 GraphicAnnotationSequence 00700002 GraphicLayer
  00700003 BoundingBoxAnnotationUnits 00700004 AnchorPointAnnotationUnits 00700005 GraphicAnnotationUnits
  00700006 UnformattedTextValue 00700008 TextObjectSequence 00700009 GraphicObjectSequence
  00700010 BoundingBoxTopLeftHandCorner 00700011 BoundingBoxBottomRightHandCorner
  00700012 BoundingBoxTextHorizontalJustification 00700014 AnchorPoint 00700015 AnchorPointVisibility
  00700020 GraphicDimensions 00700021 NumberOfGraphicPoints 00700022 GraphicData 00700023 GraphicType
  00700024 GraphicFilled 00700041 ImageHorizontalFlip 00700042 ImageRotation
  00700052 DisplayedAreaTopLeftHandCorner 00700053 DisplayedAreaBottomRightHandCorner
  0070005A DisplayedAreaSelectionSequence 00700060 GraphicLayerSequence 00700062 GraphicLayerOrder
  00700066 GraphicLayerRecommendedDisplayGrayscaleValue 00700067 GraphicLayerRecommendedDisplayRGBValue
  00700068 GraphicLayerDescription 00700080 ContentLabel 00700081 ContentDescription
  00700082 PresentationCreationDate 00700083 PresentationCreationTime 00700084 ContentCreatorName
  00700100 PresentationSizeMode 00700101 PresentationPixelSpacing 00700102 PresentationPixelAspectRatio
  00700103 PresentationPixelMagnificationRatio 00880200 IconImageSequence 20500010 PresentationLUTSequence
  20500020 PresentationLUTShape 50000010 NumberOfPoints 52009229 SharedFunctionalGroupsSequence
  52009230 PerFrameFunctionalGroupsSequence 54000100 WaveformSequence 60000010 OverlayRows
  60000011 OverlayColumns 60000022 OverlayDescription 60000040 OverlayType 60000045 OverlaySubtype
  60000050 OverlayOrigin 60000100 OverlayBitsAllocated 60000102 OverlayBitPosition 60001500 OverlayLabel
  60003000 OverlayData 7FE00010 PixelData FFFAFFFA DigitalSignaturesSequence FFFCFFFC DataSetTrailingPadding
`;

let names: Map<string, string> | null = null;

/** Give the keyword of a tag as "(0010,0010)", "" when it is private or not in the part kept here. */
export function keyword(tag: string): string {
  names ??= namesIn(PAIRS);
  const digits = tag.replace(/[(),]/g, "").toUpperCase();
  const repeated = /^60[0-9A-F]{2}/.test(digits) ? `6000${digits.slice(4)}` : digits; // overlays repeat (PS3.5 7.6)
  return names.get(repeated) ?? "";
}

function namesIn(pairs: string): Map<string, string> {
  const words = pairs.trim().split(/\s+/);
  const entries = words.flatMap((word, index) => (index % 2 ? [] : [[word, words[index + 1] ?? ""] as [string, string]]));
  return new Map(entries);
}
