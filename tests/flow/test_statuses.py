"""The status that a sender is told, by real senders: what happened, whose fault it is, and always why."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from pydicom import Dataset, dcmread
from pynetdicom import AE
from pynetdicom.pdu_primitives import UserIdentityNegotiation

from hostile import raw_store
from peers.dcmtk import Dcmtk, Said
from peers.server import Running
from phantoms import EXPLICIT_LE, dataset_bytes, phantom, phantom_dataset

pytestmark = pytest.mark.peer("storescu", "echoscu")

DX = "1.2.840.10008.5.1.4.1.1.1.1"
DICOM = 'multipart/related; type="application/dicom"'
NO_ROOM = {"RADIOTHEQUE_FREE_SPACE_RESERVE_PERCENT": "99.9", "RADIOTHEQUE_FREE_SPACE_RESERVE_BYTES": str(1 << 60)}
TIMEOUT_S = 30


@pytest.fixture(scope="module")
def house(archive: Running) -> Running:
    """An archive that knows DCMTK, pynetdicom, and a peer that may look but not store."""
    archive.add_peer("DCMTK", 1)
    archive.add_peer("PYNET", 1)
    archive.add_peer("HOSTILE", 1)
    archive.add_peer("LOOKER", 1, "--may", "echo,find")
    return archive


def sent_by_dcmtk(house: Running, file: bytes, place: Path, calling: str = "DCMTK") -> Said:
    """Send a file with storescu, which prints the response as it came (-d)."""
    path = place / "film.dcm"
    path.write_bytes(file)
    return Dcmtk(house.dicom[1], calling=calling).store([path], "-d")


def sent_by_pynetdicom(house: Running, film: Dataset, *identity: UserIdentityNegotiation) -> Dataset:
    """Give the response to a C-STORE."""
    entity = AE(ae_title="PYNET")
    entity.add_requested_context(DX, EXPLICIT_LE)
    link = entity.associate(*house.dicom, ae_title="RADIOTHEQUE", ext_neg=list(identity))
    assert link.is_established
    try:
        return link.send_c_store(film)
    finally:
        link.release()


def raw(house: Running, dataset: bytes, instance: str, calling: str = "HOSTILE") -> raw_store.Answer:
    return raw_store.store(house.dicom, (DX, instance, EXPLICIT_LE), dataset, calling=calling)


def stowed(house: Running, file: bytes, study: str = "") -> requests.Response:
    headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
    url = f"{house.web}/studies" + (f"/{study}" if study else "")
    with house.session() as session:
        return session.post(url, data=file, headers=headers, timeout=TIMEOUT_S)


def failure_reason(answer: requests.Response) -> int:
    report = answer.json()
    sequence = report.get("00081198") or report["0008119A"]
    return int(sequence["Value"][0]["00081197"]["Value"][0])


def test_success_has_no_comment(house: Running, tmp_path: Path) -> None:
    film = phantom(patient_id="S-0000")
    said = sent_by_dcmtk(house, film, tmp_path)
    assert said.code == 0
    assert "0x0000: Success" in said.text
    assert raw(house, dataset_bytes(film), str(phantom_dataset(patient_id="S-0000").SOPInstanceUID)) == (
        raw_store.Answer(0x0000)
    )


@pytest.fixture
def full(radiotheque: Callable[..., Running]) -> Iterator[tuple[Running, Dataset]]:
    """An archive that holds a film, started again on a disk whose free space is below the reserve."""
    running = radiotheque()
    running.add_peer("DCMTK", 1)
    running.add_peer("PYNET", 1)
    film = phantom_dataset(patient_id="S-A700")
    assert sent_by_pynetdicom(running, film).Status == 0x0000
    running.stop()
    running.env.update(NO_ROOM)
    running.restart()
    yield running, film
    running.stop()


def test_without_room_new_objects_are_refused_a700_reads_go_on_and_it_heals(
    full: tuple[Running, Dataset], tmp_path: Path
) -> None:
    house, film = full
    said = sent_by_dcmtk(house, phantom(patient_id="S-NEW"), tmp_path)
    assert "Refused: Out of Resources" in said.text or "0xa700" in said.text.lower()
    assert "Error Comment" in said.text or "ErrorComment" in said.text
    answer = sent_by_pynetdicom(house, phantom_dataset(patient_id="S-NEW"))
    assert answer.Status == 0xA700
    assert answer.ErrorComment
    by_web = stowed(house, phantom(patient_id="S-NEW"))
    assert by_web.status_code == 507
    assert failure_reason(by_web) == 0xA700
    assert Dcmtk(house.dicom[1]).echo().code == 0
    with house.session() as session:
        url = f"{house.web}/studies/{film.StudyInstanceUID}"
        assert session.get(url, headers={"Accept": DICOM}, timeout=TIMEOUT_S).status_code == 200
    house.stop()
    for name in NO_ROOM:
        del house.env[name]
    house.restart()
    assert sent_by_pynetdicom(house, phantom_dataset(patient_id="S-NEW")).Status == 0x0000


def test_a_peer_that_may_not_store_gets_no_context_for_it(house: Running, tmp_path: Path) -> None:
    """The contexts of storage are turned down already (PS3.8 9.3.3.2); what the peer may do it can."""
    said = sent_by_dcmtk(house, phantom(patient_id="S-0124"), tmp_path, calling="LOOKER")
    assert said.code != 0
    assert "No Acceptable Presentation Contexts" in said.text
    assert Dcmtk(house.dicom[1], calling="LOOKER").echo().code == 0


def test_a_person_who_may_not_store_is_refused_0124(house: Running) -> None:
    """PS3.7 annex C.5: Refused: Not Authorized. The person is known by User Identity (PS3.7 D.3.3.7)."""
    password = house.run("user", "add", "reader", "--role", "clinician").strip()
    identity = UserIdentityNegotiation()
    identity.user_identity_type, identity.primary_field, identity.secondary_field = 2, b"reader", password.encode()
    answer = sent_by_pynetdicom(house, phantom_dataset(patient_id="S-0124"), identity)
    assert answer.Status == 0x0124
    assert answer.ErrorComment


def test_a_caller_of_the_web_who_may_not_store_is_told_403(house: Running) -> None:
    token = house.run("token", "create", "reader", "--role", "clinician").strip()
    headers = {"Content-Type": "application/dicom", "Authorization": f"Bearer {token}"}
    answer = requests.post(f"{house.web}/studies", data=phantom(), headers=headers, timeout=TIMEOUT_S)
    assert answer.status_code == 403
    assert answer.json()["detail"]


def test_a_data_set_that_is_another_instance_than_its_command_says_is_refused_a900(house: Running) -> None:
    film = phantom(patient_id="S-A900")
    answer = raw(house, dataset_bytes(film), "2.25.999")
    assert answer.status == 0xA900
    assert "SOP Instance UID" in answer.comment


def test_a_data_set_of_another_class_than_its_command_says_is_refused_a900(house: Running) -> None:
    film = phantom(patient_id="S-A901", modality="CR")
    instance = str(phantom_dataset(patient_id="S-A901", modality="CR").SOPInstanceUID)
    answer = raw(house, dataset_bytes(film), instance)
    assert answer.status == 0xA900
    assert "SOP Class UID" in answer.comment


def test_a_study_other_than_the_one_stored_to_is_a_failure_a900(house: Running) -> None:
    answer = stowed(house, phantom(patient_id="S-A902"), study="2.25.12345")
    assert answer.status_code == 409
    assert failure_reason(answer) == 0xA900


@pytest.mark.parametrize("dataset", [b"", b"\xff" * 64, b"no data set at all, whatever the command says"])
def test_what_cannot_be_understood_is_refused_c000(house: Running, dataset: bytes) -> None:
    answer = raw(house, dataset, "2.25.4000")
    assert answer.status & 0xF000 == 0xC000
    assert answer.comment


def test_an_instance_without_a_study_is_refused_c000_by_every_sender(house: Running, tmp_path: Path) -> None:
    without = {"StudyInstanceUID": None}
    answer = sent_by_pynetdicom(house, phantom_dataset(patient_id="S-C000", extra=without))
    assert answer.Status == 0xC000
    assert "StudyInstanceUID" in answer.ErrorComment
    said = sent_by_dcmtk(house, phantom(patient_id="S-C000", extra=without), tmp_path)
    assert "0xc000" in said.text.lower() or "CannotUnderstand" in said.text
    by_web = stowed(house, phantom(patient_id="S-C000", extra=without))
    assert by_web.status_code in (400, 409)
    assert failure_reason(by_web) == 0xC000


def test_pixel_data_cut_short_is_kept_with_the_warning_b007(house: Running, tmp_path: Path) -> None:
    """Data Set does not match SOP Class (Warning), PS3.4 table B.2-1: kept as it came, and the sender knows."""
    film = phantom_dataset(patient_id="S-B007")
    whole = phantom(patient_id="S-B007")
    answer = raw(house, dataset_bytes(whole)[:-100], str(film.SOPInstanceUID))
    assert answer.status == 0xB007
    assert "100 bytes" in answer.comment
    with house.session() as session:
        url = f"{house.web}/studies/{film.StudyInstanceUID}"
        assert session.get(url, headers={"Accept": DICOM}, timeout=TIMEOUT_S).status_code == 200
    by_web = stowed(house, phantom(patient_id="S-B107")[:-100])
    assert by_web.status_code == 202
    assert by_web.json()["00081199"]["Value"][0]["00081196"]["Value"] == [0xB007]
    assert "cut short" in by_web.headers["Warning"]


def amended(house: Running, film: Dataset, **values: list[str]) -> None:
    body = {"study": film.StudyInstanceUID, "values": values, "reason": "a slip of the pen"}
    with house.session() as session:
        answer = session.post(f"{house.url}/api/amendments", json=body, timeout=TIMEOUT_S)
    assert answer.status_code == 200, answer.text


def test_what_is_given_out_with_other_values_is_kept_with_the_warning_b000(house: Running, tmp_path: Path) -> None:
    """Coercion of Data Elements (Warning), PS3.4 table B.2-1: the study was corrected, the modality sends as before."""
    film = phantom_dataset(patient_id="S-B000", patient_name="Slip^Of The Pen")
    assert sent_by_pynetdicom(house, film).Status == 0x0000
    amended(house, film, PatientName=["Right^One"])
    late = f"{film.SeriesInstanceUID}.9"
    wishes = {"patient_id": "S-B000", "study": film.StudyInstanceUID, "series": film.SeriesInstanceUID}
    said = sent_by_dcmtk(house, phantom(patient_name="Slip^Of The Pen", instance=late, **wishes), tmp_path)
    assert "0xb000" in said.text.lower()
    assert "PatientName" in said.text
    again = sent_by_pynetdicom(house, film)
    assert again.Status == 0xB000
    assert again.ErrorComment.startswith("given out as corrected here: PatientName")
    assert "Slip" not in again.ErrorComment
    assert "Right" not in again.ErrorComment
    with house.session() as session:
        url = f"{house.web}/studies/{film.StudyInstanceUID}/series/{film.SeriesInstanceUID}/instances/{late}/metadata"
        (shown,) = session.get(url, timeout=TIMEOUT_S).json()
    assert shown["00100010"]["Value"] == [{"Alphabetic": "Right^One"}]
    by_web = stowed(house, phantom(patient_name="Slip^Of The Pen", instance=f"{late}.1", **wishes))
    assert by_web.status_code == 202
    assert by_web.json()["00081199"]["Value"][0]["00081196"]["Value"] == [0xB000]


def test_what_says_already_what_was_corrected_is_success(house: Running) -> None:
    film = phantom_dataset(patient_id="S-B001", patient_name="Slip^Of The Pen")
    assert sent_by_pynetdicom(house, film).Status == 0x0000
    amended(house, film, PatientName=["Right^One"])
    film.PatientName, film.SOPInstanceUID = "Right^One", f"{film.SOPInstanceUID}.9"
    film.file_meta.MediaStorageSOPInstanceUID = film.SOPInstanceUID
    answer = sent_by_pynetdicom(house, film)
    assert answer.Status == 0x0000
    assert "ErrorComment" not in answer


def test_what_goes_to_quarantine_is_success(house: Running) -> None:
    """Kept and an open case: a corrected re-send must not be lost on the modality."""
    film = phantom_dataset(patient_id="S-QUAR")
    assert sent_by_pynetdicom(house, film).Status == 0x0000
    film.StudyDescription = "Another"
    answer = sent_by_pynetdicom(house, film)
    assert answer.Status == 0x0000
    with house.session() as session:
        cases = session.get(f"{house.url}/api/quarantine", timeout=TIMEOUT_S).json()["cases"]
    assert film.SOPInstanceUID in {case["instance"] for case in cases}


def test_an_object_over_the_limit_is_refused_with_a_reason(radiotheque: Callable[..., Running]) -> None:
    running = radiotheque(env={"RADIOTHEQUE_MAX_OBJECT_BYTES": str(1 << 20)})
    running.add_peer("HOSTILE", 1)
    film = phantom_dataset(patient_id="S-BIG", rows=1024, columns=1024)
    big = phantom(patient_id="S-BIG", rows=1024, columns=1024)
    answer = raw(running, dataset_bytes(big), str(film.SOPInstanceUID))
    assert answer.status & 0xF000 == 0xC000
    assert "larger than 1048576 bytes" in answer.comment
    assert stowed(running, big).status_code == 413


def test_an_element_at_fault_is_named(house: Running) -> None:
    """Offending Element (0000,0901), PS3.7 C.5.2: a command whose Affected SOP Instance UID is no UID."""
    answer = raw(house, dataset_bytes(phantom(patient_id="S-ELEM")), "../../etc")
    assert answer.status & 0xF000 == 0xC000
    assert answer.offending == (struct.pack("<HH", 0x0000, 0x1000),)


def test_what_storescu_sent_is_what_is_kept(house: Running, tmp_path: Path) -> None:
    film = phantom(patient_id="S-SAME")
    assert sent_by_dcmtk(house, film, tmp_path).code == 0
    house.run("export", "--patient-id", "S-SAME", "--to", str(tmp_path / "out"))
    (file,) = (tmp_path / "out").rglob("*.dcm")
    assert dataset_bytes(file.read_bytes()) == dataset_bytes(film)
    assert dcmread(file).file_meta.TransferSyntaxUID == EXPLICIT_LE
