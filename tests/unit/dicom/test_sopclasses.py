"""The table of storage SOP Classes against pynetdicom's and pydicom's."""

from pydicom.uid import UID_dictionary
from pynetdicom import AllStoragePresentationContexts

from radiotheque.dicom.sopclasses import FOR_PROCESSING, STORAGE, Kind, is_storage, kind, name, of_kind

ROOT = "1.2.840.10008.5.1.4.1.1"


def test_every_storage_sop_class_pynetdicom_knows_is_there() -> None:
    assert {context.abstract_syntax for context in AllStoragePresentationContexts} <= set(STORAGE)


def test_every_storage_sop_class_of_the_dictionary_is_there_retired_or_not() -> None:
    theirs = {uid for uid, row in UID_dictionary.items() if row[1] == "SOP Class" and uid.startswith(ROOT)}
    queries = {uid for uid in theirs if "Storage" not in UID_dictionary[uid][0]}
    assert theirs - queries <= set(STORAGE)
    for uid, row in STORAGE.items():
        if uid in UID_dictionary:
            assert UID_dictionary[uid][0].replace(" SOP Class", "") == row.name
            assert bool(UID_dictionary[uid][3]) == row.retired


def test_kinds_are_told_apart() -> None:
    expected = {
        f"{ROOT}.1": Kind.IMAGE,
        f"{ROOT}.1.1.1": Kind.IMAGE,
        f"{ROOT}.66.4": Kind.IMAGE,
        f"{ROOT}.11.1": Kind.PRESENTATION_STATE,
        f"{ROOT}.88.67": Kind.REPORT,
        f"{ROOT}.88.59": Kind.KEY_OBJECTS,
        f"{ROOT}.104.1": Kind.DOCUMENT,
        f"{ROOT}.9.1.1": Kind.WAVEFORM,
        f"{ROOT}.66": Kind.OTHER,
        "1.2.3": Kind.OTHER,
    }
    assert {uid: kind(uid) for uid in expected} == expected
    assert f"{ROOT}.11.1" in of_kind(Kind.PRESENTATION_STATE, Kind.KEY_OBJECTS)


def test_raw_detector_images_are_for_processing() -> None:
    assert {f"{ROOT}.1.1.1", f"{ROOT}.1.2.1", f"{ROOT}.1.3.1"} <= FOR_PROCESSING
    assert f"{ROOT}.1.1" not in FOR_PROCESSING


def test_what_is_no_storage_sop_class_has_its_uid_as_name() -> None:
    assert not is_storage("1.2.840.10008.1.1")
    assert name("1.2.840.10008.1.1") == "1.2.840.10008.1.1"
    assert name(f"{ROOT}.1") == "Computed Radiography Image Storage"
