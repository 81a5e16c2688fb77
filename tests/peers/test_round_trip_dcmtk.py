"""DCMTK sends every sample that it can read in the syntax it is kept in, and gets it back: the same elements and pixels."""

import io
import json
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pydicom
import pytest
from pydicom.encaps import generate_fragments

from peers import dcmtk, pynet
from peers.server import Running, start_radiotheque
from shared import Sample, consistent, dataset_offset, is_part10, samples

pytestmark = pytest.mark.peer("dcmsend", "getscu", "dcmrecv", "movescu")


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Sequence[Sample]]]:
    """An archive that dcmsend has sent to, and what it sent: one run, as few associations as it needs."""
    house = start_radiotheque(tmp_path_factory.mktemp("house"))
    try:
        house.add_peer("DCMTK", 1, "--destinations", "MOVEDEST")
        offered = [sample for sample in consistent(samples()) if sample.syntax in dcmtk.SYNTAXES]
        report = tmp_path_factory.mktemp("sent") / "report.txt"
        client = dcmtk.Dcmtk(house.dicom[1])
        files = [sample.path for sample in offered]
        said = client.send(files, "--decompress-never", "--no-halt", "--no-uid-checks", "+crf", str(report))
        assert report.exists(), said.text[-3000:]
        refused = [line for line in said.text.splitlines() if "Store Response" in line and "Success" not in line]
        assert refused == []
        taken = sent_as_stored(report.read_text())
        yield house, [sample for sample in offered if sample.instance in taken]
    finally:
        house.stop()


def sent_as_stored(report: str) -> set[str]:
    """Give the SOP Instance UIDs that dcmsend's report says were taken in the syntax that their file is in."""
    found = set()
    for block in report.split("Number        : ")[1:]:
        says = dict(line.split(" : ", 1) for line in block.splitlines() if " : " in line)
        fields = {name.strip(): value for name, value in says.items()}
        if fields["DIMSE Status"].startswith("0x0000") and fields["Network Xfer"] == fields["Original Xfer"]:
            found.add(fields["SOP Instance"])
    return found


def test_dcmsend_sends_nearly_every_sample(sent: tuple[Running, Sequence[Sample]]) -> None:
    house, known = sent
    assert len(known) > 0.7 * len([one for one in consistent(samples()) if one.syntax in dcmtk.SYNTAXES])
    with house.session() as session:
        found = session.get(f"{house.web}/instances", params={"limit": "5000"}, timeout=60).json()
    assert {sample.instance for sample in known} <= {item["00080018"]["Value"][0] for item in found}


def test_what_dcmsend_sent_is_exported_with_the_same_elements(
    sent: tuple[Running, Sequence[Sample]], tmp_path: Path
) -> None:
    house, known = sent
    house.run("export", "--all", "--to", str(tmp_path / "out"))
    given = {path.stem: path.read_bytes() for path in pynet.files_in(tmp_path / "out")}
    assert [sample.path.name for sample in known if not same(given[sample.instance], sample.path.read_bytes())] == []


def test_getscu_gets_byte_by_byte_what_is_exported(sent: tuple[Running, Sequence[Sample]], tmp_path: Path) -> None:
    """Bit preserving (+B), a study a call, in the syntax that most of it is kept in."""
    house, known = sent
    house.run("export", "--all", "--to", str(tmp_path / "out"))
    exported = {path.stem: data_set(path) for path in pynet.files_in(tmp_path / "out")}
    client, wrong = dcmtk.Dcmtk(house.dicom[1]), []
    plain = [sample for sample in known if sample.syntax == "1.2.840.10008.1.2.1"]
    for study, members in by_study(plain).items():
        into = tmp_path / "got" / study
        said = client.get(["0008,0052=STUDY", f"0020,000d={study}"], into, "+B")
        assert said.code == 0, said.text[-2000:]
        got = {instance_of(path): data_set(path) for path in pynet.files_in(into) if is_part10(path)}
        wrong += [one.path.name for one in members if got.get(one.instance) != exported[one.instance]]
    assert wrong == []


def by_study(known: Sequence[Sample]) -> Mapping[str, Sequence[Sample]]:
    studies: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in known:
        studies[sample.study].append(sample)
    return studies


def data_set(path: Path) -> bytes:
    file = path.read_bytes()
    return file[dataset_offset(file) :]


def instance_of(path: Path) -> str:
    return str(pydicom.filereader.read_file_meta_info(path).MediaStorageSOPInstanceUID)


def same(one: bytes, other: bytes) -> bool:
    """Say whether two files in one syntax hold equal elements and pixels, group lengths and padding aside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first, second = (elements(pydicom.dcmread(io.BytesIO(file), force=True)) for file in (one, other))
    return first == second


def elements(dataset: pydicom.Dataset) -> object:
    for element in list(dataset):
        if element.tag.element == 0 or element.tag == 0xFFFCFFFC:
            del dataset[element.tag]
    pieces: list[bytes] = []
    if dataset.get("PixelData"):
        encapsulated = dataset["PixelData"].is_undefined_length
        pieces = list(generate_fragments(dataset.PixelData)) if encapsulated else [dataset.PixelData]
        del dataset.PixelData
    # DCMTK makes an odd value or fragment even (PS3.5 7.1.1)
    return json.loads(dataset.to_json(suppress_invalid_tags=True)), [piece.rstrip(b"\0") for piece in pieces]
