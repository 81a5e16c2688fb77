"""The foreign programs of the tests are what they are taken for."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pydicom import dcmread

import shared
from peers import dcmtk, pynet
from peers.dcmtk import Dcmtk, answers, receive
from peers.orthanc import Orthanc


@pytest.mark.peer("dcmsend", "dcmrecv")
def test_dcmrecv_keeps_the_transfer_syntax_and_pixels_that_dcmsend_sent(
    tmp_path: Path, packaged_files: Sequence[Path]
) -> None:
    files = [path for path in packaged_files if path.name in ("RG1_UNCR.dcm", "RG3_J2KR.dcm")]
    receiver = receive(tmp_path)
    said = Dcmtk(receiver.port, called=receiver.aet).send(files, "--decompress-never")
    receiver.stop()
    assert said.code == 0, said.text
    kept = {dcmread(path).SOPInstanceUID: dcmread(path) for path in receiver.files()}
    assert len(kept) == len(files) == 2
    for path in files:
        sent = dcmread(path)
        assert kept[sent.SOPInstanceUID].file_meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID
        assert kept[sent.SOPInstanceUID].PixelData == sent.PixelData


@pytest.mark.peer("Orthanc", "dcmsend", "findscu")
def test_orthanc_finds_what_dcmsend_sent_it(orthanc: Callable[..., Orthanc], packaged_files: Sequence[Path]) -> None:
    peer = orthanc(peers={"dcmtk": ("DCMTK", 1)})
    dcmtk = Dcmtk(peer.dicom, called="ORTHANC")
    file = next(path for path in packaged_files if path.name == "RG1_UNCR.dcm")
    assert dcmtk.send([file]).code == 0
    found = answers(dcmtk.find(["0008,0052=STUDY", "0010,0020", "0020,000d", "0020,1208"]))
    assert [answer["0010,0020"] for answer in found] == [dcmread(file).PatientID]
    assert found[0]["0020,1208"] == "1"


@pytest.mark.peer("dcmrecv")
def test_pynetdicom_sends_every_data_set_byte_by_byte(tmp_path: Path, packaged_files: Sequence[Path]) -> None:
    classes = {str(context.abstract_syntax) for context in dcmtk.StoragePresentationContexts}
    kept = [sample for sample in shared.consistent(packaged_files) if sample.sop_class in classes][:12]
    receiver = dcmtk.receive(tmp_path)
    statuses = pynet.store(("127.0.0.1", receiver.port), kept)
    receiver.stop()
    assert set(statuses.values()) == {0}
    files = {path.name.split(".", 1)[1]: path.read_bytes() for path in receiver.files()}
    given = {uid: file[shared.dataset_offset(file) :] for uid, file in files.items()}
    assert [sample.path.name for sample in kept if given.get(sample.instance) != sample.dataset()] == []
