"""What every catalog promises of an arrival: kept once, never mixed, never lost, counted right."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from contract.catalogs import ALL, EXPLICIT, JPEG_LS, MODALITY, Object, attributes, keep, numbered, record_compared
from radiotheque.catalog import Catalog
from radiotheque.core.errors import Gone, NotFound
from radiotheque.core.instance import Outcome, Quarantine, Reason, Receipt, Selection, Twin
from radiotheque.core.query import Found, Level, Query
from radiotheque.core.uid import UID


def studies(catalog: Catalog) -> list[Found]:
    return list(catalog.find(Query(Level.STUDY), ALL).matches)


def located(catalog: Catalog, *instances: str) -> list[str]:
    found = catalog.locate(Selection(Level.IMAGE, instances=tuple(UID(one) for one in instances)), ALL)
    return [one.identity.sop_instance for one in found]


def test_an_instance_is_kept_found_and_located(catalog: Catalog) -> None:
    one = Object(attributes=attributes(PatientName="Dupont^Marie", StudyDate="20240102", Modality="DX", Rows="2000"))
    arrival = one.arrival()
    answer = catalog.record(arrival)
    assert isinstance(answer, Receipt)
    assert (answer.outcome, answer.names_blob) == (Outcome.KEPT, True)
    [study] = studies(catalog)
    assert study.attributes["PatientName"] == ("Dupont^Marie",)
    assert study.attributes["ModalitiesInStudy"] == ("DX",)
    [location] = catalog.locate(Selection(Level.STUDY, studies=(UID("1.2.1"),)), ALL)
    assert location.identity == arrival.header.identity
    assert location.blob == arrival.blob
    assert (location.transfer_syntax, location.dataset_offset, location.pixel_offset) == (EXPLICIT, 300, 900)
    assert (location.frames, location.modality, location.version) == (1, "DX", 0)


def test_equal_bytes_again_change_nothing_and_give_their_blob_back(catalog: Catalog) -> None:
    keep(catalog, Object())
    [again] = keep(catalog, Object())
    assert (again.outcome, again.names_blob) == (Outcome.DUPLICATE, False)
    assert studies(catalog)[0].attributes["NumberOfStudyRelatedInstances"] == ("1",)


def test_the_same_blob_recorded_twice_is_kept_once(catalog: Catalog) -> None:
    arrival = Object().arrival()
    assert catalog.record(arrival) == catalog.record(arrival)
    assert studies(catalog)[0].attributes["NumberOfStudyRelatedInstances"] == ("1",)


def test_other_bytes_are_compared_before_they_are_judged(catalog: Catalog) -> None:
    first = Object().arrival()
    catalog.record(first)
    answer = catalog.record(Object(content="padded").arrival())
    assert answer == Twin(first.blob.name, EXPLICIT)


def test_equal_elements_in_other_bytes_are_a_duplicate(catalog: Catalog) -> None:
    keep(catalog, Object())
    receipt = record_compared(catalog, Object(content="padded").arrival(), equal=True)
    assert (receipt.outcome, receipt.names_blob) == (Outcome.DUPLICATE, False)


def test_other_content_under_the_same_uid_waits_in_quarantine(catalog: Catalog) -> None:
    keep(catalog, Object())
    receipt = record_compared(catalog, Object(content="corrected").arrival(), equal=False)
    assert receipt.outcome is Outcome.QUARANTINED
    [case] = catalog.cases()
    assert (case.id, case.reason) == (receipt.case, Reason.SAME_UID_OTHER_CONTENT)
    assert located(catalog, "1.2.1.1.1") == ["1.2.1.1.1"]


def test_another_transfer_syntax_waits_in_quarantine_without_comparing(catalog: Catalog) -> None:
    keep(catalog, Object())
    [receipt] = keep(catalog, Object(syntax=JPEG_LS, content="smaller"))
    assert catalog.case(receipt.case).reason == Reason.SAME_UID_OTHER_SYNTAX


def test_an_equal_object_in_quarantine_opens_no_second_case(catalog: Catalog) -> None:
    keep(catalog, Object())
    [first] = keep(catalog, Object(patient_id="P2", instance="1.2.1.1.2"))
    [second] = keep(catalog, Object(patient_id="P2", instance="1.2.1.1.2"))
    assert first.case == second.case
    assert (first.names_blob, second.names_blob) == (True, False)
    assert len(catalog.cases()) == 1


@pytest.mark.parametrize(
    ("held", "arriving"),
    [(("P1", ""), ("P2", "")), (("P1", "A"), ("P1", "B")), (("", ""), ("P1", "")), (("P1", ""), ("", ""))],
    ids=["other id", "other issuer", "identified after unidentified", "unidentified after identified"],
)
def test_a_study_held_for_another_patient_is_never_mixed(
    catalog: Catalog, held: tuple[str, str], arriving: tuple[str, str]
) -> None:
    keep(catalog, Object(patient_id=held[0], issuer=held[1]))
    [receipt] = keep(catalog, Object(instance="1.2.1.1.2", patient_id=arriving[0], issuer=arriving[1]))
    assert receipt.outcome is Outcome.QUARANTINED
    assert catalog.case(receipt.case).reason == Reason.STUDY_OF_OTHER_PATIENT
    with pytest.raises(NotFound):
        located(catalog, "1.2.1.1.2")


def test_a_series_held_in_another_study_is_never_mixed(catalog: Catalog) -> None:
    keep(catalog, Object())
    [receipt] = keep(catalog, Object(study="1.2.2", instance="1.2.1.1.2"))
    assert catalog.case(receipt.case).reason == Reason.SERIES_OF_OTHER_STUDY
    assert len(studies(catalog)) == 1


def test_unidentified_studies_are_of_one_patient_each(catalog: Catalog) -> None:
    keep(catalog, Object(patient_id=""), Object("1.2.2", "1.2.2.1", "1.2.2.1.1", patient_id=""))
    assert len(catalog.find(Query(Level.PATIENT), ALL).matches) == 2


def test_what_policy_quarantines_is_hidden(catalog: Catalog) -> None:
    answer = catalog.record(Object().arrival(verdict=Quarantine(Reason.POLICY, "not from this sender")))
    assert isinstance(answer, Receipt)
    assert answer.outcome is Outcome.QUARANTINED
    assert studies(catalog) == []
    assert set(catalog.held([UID("1.2.1.1.1")])) == {"1.2.1.1.1"}


def test_counts_and_lists_follow_what_is_kept(catalog: Catalog) -> None:
    keep(catalog, *numbered(1, series=2, instances=3, attributes=attributes(Modality="CR")))
    keep(
        catalog,
        Object(series="1.2.1.9", instance="1.2.1.9.1", attributes=attributes(Modality="SR"), sop_class=UID("1.2.3")),
    )
    [study] = studies(catalog)
    assert study.attributes["NumberOfStudyRelatedSeries"] == ("3",)
    assert study.attributes["NumberOfStudyRelatedInstances"] == ("7",)
    assert study.attributes["ModalitiesInStudy"] == ("CR", "SR")
    assert study.attributes["SOPClassesInStudy"] == ("1.2.3", "1.2.840.10008.5.1.4.1.1.1")


def test_many_threads_keep_one_study_together(catalog: Catalog) -> None:
    objects = list(numbered(2, series=3, instances=10)) * 2
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda one: catalog.record(one.arrival()), objects))
    outcomes = [answer.outcome for answer in answers if isinstance(answer, Receipt)]
    assert outcomes.count(Outcome.KEPT) == 60
    assert outcomes.count(Outcome.DUPLICATE) == 60
    for study in studies(catalog):
        assert study.attributes["NumberOfStudyRelatedSeries"] == ("3",)
        assert study.attributes["NumberOfStudyRelatedInstances"] == ("30",)


def test_many_threads_with_one_uid_and_other_contents_keep_one_and_lose_none(catalog: Catalog) -> None:
    def send(number: int) -> Outcome:
        arrival = Object(content=f"version {number}").arrival()
        answer = catalog.record(arrival)
        while isinstance(answer, Twin):
            answer = catalog.record(replace(arrival, compared=(answer.blob, False)))
        return answer.outcome

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(send, range(16)))
    assert outcomes.count(Outcome.KEPT) == 1
    assert outcomes.count(Outcome.QUARANTINED) == len(catalog.cases()) == 15


def test_a_rejected_study_is_hidden_everywhere_and_gone(catalog: Catalog) -> None:
    keep(catalog, *numbered(2, series=2, instances=2, attributes=attributes(Modality="CR")))
    study = Selection(Level.STUDY, studies=(UID("1.2.1"),))
    assert catalog.reject(study, MODALITY, code="113001") == 4
    for level in Level:
        assert all(
            "1.2.1" not in str(one.attributes.get("StudyInstanceUID"))
            for one in catalog.find(Query(level), ALL).matches
        )
    with pytest.raises(Gone):
        catalog.locate(study, ALL)
    with pytest.raises(Gone):
        catalog.reject(study, MODALITY, code="113001")
    assert catalog.restore(study, MODALITY) == 4
    assert len(catalog.locate(study, ALL)) == 4
    assert len(studies(catalog)) == 2


def test_a_rejected_instance_is_taken_out_of_the_counts(catalog: Catalog) -> None:
    keep(catalog, *numbered(1, series=2, instances=2, attributes=attributes(Modality="CR")))
    one = Selection(Level.IMAGE, instances=(UID("1.2.1.1.1"),))
    assert catalog.reject(one, MODALITY, code="113037") == 1
    [study] = studies(catalog)
    assert study.attributes["NumberOfStudyRelatedInstances"] == ("3",)
    [first, _] = catalog.find(Query(Level.SERIES), ALL).matches
    assert first.attributes["NumberOfSeriesRelatedInstances"] == ("1",)


def test_an_equal_object_sent_again_stays_rejected(catalog: Catalog) -> None:
    keep(catalog, Object())
    catalog.reject(Selection(Level.STUDY, studies=(UID("1.2.1"),)), MODALITY, code="113001")
    [again] = keep(catalog, Object())
    assert (again.outcome, again.names_blob) == (Outcome.STAYS_REJECTED, False)
    assert studies(catalog) == []


def test_a_new_instance_of_a_rejected_study_is_shown(catalog: Catalog) -> None:
    keep(catalog, Object(attributes=attributes(Modality="CR")))
    catalog.reject(Selection(Level.STUDY, studies=(UID("1.2.1"),)), MODALITY, code="113001")
    keep(catalog, Object(instance="1.2.1.1.2", attributes=attributes(Modality="CR")))
    [study] = studies(catalog)
    assert study.attributes["NumberOfStudyRelatedInstances"] == ("1",)
    assert study.attributes["ModalitiesInStudy"] == ("CR",)


def test_what_was_never_here_is_not_found(catalog: Catalog) -> None:
    with pytest.raises(NotFound) as caught:
        catalog.locate(Selection(Level.STUDY, studies=(UID("9.9"),)), ALL)
    assert not isinstance(caught.value, Gone)


def test_a_released_object_takes_the_place_of_the_one_shown(catalog: Catalog) -> None:
    keep(catalog, Object())
    corrected = Object(content="corrected").arrival()
    receipt = record_compared(catalog, corrected, equal=False)
    catalog.release(receipt.case, MODALITY)
    [location] = catalog.locate(Selection(Level.STUDY, studies=(UID("1.2.1"),)), ALL)
    assert location.blob.name == corrected.blob.name
    assert [case.state for case in catalog.cases(state="")] == ["superseded", "released"]
    assert studies(catalog)[0].attributes["NumberOfStudyRelatedInstances"] == ("1",)


def test_an_object_released_into_another_patients_study_is_given_out_as_that_patients(catalog: Catalog) -> None:
    keep(catalog, Object(attributes=attributes(PatientName="Right^One")))
    [receipt] = keep(
        catalog, Object(instance="1.2.1.1.2", patient_id="P2", attributes=attributes(PatientName="Wrong^One"))
    )
    catalog.release(receipt.case, MODALITY)
    locations = catalog.locate(Selection(Level.STUDY, studies=(UID("1.2.1"),)), ALL)
    assert len(locations) == 2
    assert all(one.amendments["PatientID"] == ("P1",) for one in locations)
    assert all(one.amendments["PatientName"] == ("Right^One",) for one in locations)


def test_a_discarded_case_is_closed_and_its_blob_still_named(catalog: Catalog) -> None:
    keep(catalog, Object())
    arrival = Object(patient_id="P2", instance="1.2.1.1.2").arrival()
    answer = catalog.record(arrival)
    assert isinstance(answer, Receipt)
    catalog.discard(answer.case, MODALITY)
    assert catalog.cases() == []
    assert catalog.named([arrival.blob.name]) == {arrival.blob.name}


def test_an_orphan_is_noted_once(catalog: Catalog) -> None:
    arrival = Object().arrival()
    catalog.note_orphan(arrival.blob.name, "no Study Instance UID")
    catalog.note_orphan(arrival.blob.name, "no Study Instance UID")
    assert [case.reason for case in catalog.cases()] == [Reason.UNINDEXABLE]
    assert catalog.named([arrival.blob.name]) == {arrival.blob.name}


def test_an_amended_patient_is_shown_and_found_under_the_new_identity(catalog: Catalog) -> None:
    keep(catalog, *numbered(2, attributes=attributes(PatientName="Old^Name")))
    assert (
        catalog.amend_patient(
            "P1", {"PatientName": ("New^Name",), "PatientID": ("P9",)}, MODALITY, reason="typing error"
        )
        == 1
    )
    [location] = catalog.locate(Selection(Level.STUDY, studies=(UID("1.2.1"),)), ALL)
    assert location.version == 1
    assert location.amendments == {"PatientName": ("New^Name",), "PatientID": ("P9",)}
    assert location.identity.patient_id == "P9"
    # the modality goes on sending the old identifier: it is the same study
    [receipt] = keep(catalog, Object(instance="1.2.1.1.2"))
    assert receipt.outcome is Outcome.KEPT
    assert catalog.undo_amendment(UID("1.2.1"), 1, MODALITY) == 2
    [first, *_] = catalog.locate(Selection(Level.STUDY, studies=(UID("1.2.1"),)), ALL)
    assert first.identity.patient_id == "P1"
    assert [
        (one.version, one.was, one.value) for one in catalog.amendments(UID("1.2.1")) if one.keyword == "PatientID"
    ] == [
        (1, ("P1",), ("P9",)),
        (2, ("P9",), ("P1",)),
    ]


def test_a_series_that_was_hidden_whole_is_counted_again_with_its_next_instance(catalog: Catalog) -> None:
    keep(catalog, *numbered(1, series=2, attributes=attributes(Modality="CR")))
    catalog.reject(Selection(Level.SERIES, series=(UID("1.2.1.1"),)), MODALITY, code="113001")
    keep(catalog, Object(instance="1.2.1.1.9", attributes=attributes(Modality="CR")))
    assert studies(catalog)[0].attributes["NumberOfStudyRelatedSeries"] == ("2",)
