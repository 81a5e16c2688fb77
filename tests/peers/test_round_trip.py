"""Every sample goes in by each door and comes back out of each as it was."""

import io
import json
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from pathlib import Path

import pydicom
import pytest
import requests

from peers import dcmtk, pynet
from peers.server import Running, start_radiotheque
from shared import Sample, consistent, dataset_offset, samples

DICOM = 'multipart/related; type="application/dicom"'
# Not allowed on the web: Implicit VR Little Endian and Explicit VR Big Endian (PS3.18 8.7.3.3)
NOT_ON_THE_WEB = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.2")
DEFLATED = "1.2.840.10008.1.2.1.99"
UNKNOWN_TO_DCMTK = {
    "1.2.840.10008.1.2.4.201": "High-Throughput JPEG 2000, lossless",
    "1.2.840.10008.1.2.4.202": "High-Throughput JPEG 2000 with RPCL options, lossless",
    "1.2.840.10008.1.2.4.203": "High-Throughput JPEG 2000",
    "1.2.840.10008.1.2.4.110": "JPEG XL, lossless",
}
"""Transfer syntaxes that the DCMTK of Debian 12 (3.6.7) does not know, so that dcmrecv cannot take them: C-GET has them."""
DOORS = ("C-STORE", "STOW-RS", "import")


@pytest.fixture(scope="module")
def kept() -> Sequence[Sample]:
    """The samples that a house can keep side by side."""
    return consistent(samples())


@pytest.fixture(scope="module", params=DOORS)
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, kept: Sequence[Sample]
) -> Iterator[Running]:
    """An archive that was given every sample through one door."""
    running = start_radiotheque(tmp_path_factory.mktemp("house"))
    try:
        running.add_peer(pynet.TITLE, 1)
        fill(running, request.param, kept)
        yield running
    finally:
        running.stop()


def fill(house: Running, door: str, kept: Sequence[Sample]) -> None:
    """Give every sample to the house; all must be taken."""
    if door == "C-STORE":
        # B007 warns of pixel data that is shorter than it says: packaged samples have that too
        assert {uid: hex(status) for uid, status in stored(house, kept).items() if status not in (0, 0xB007)} == {}
    elif door == "STOW-RS":
        with house.session() as session:
            for sample in kept:
                answer = stow(session, house, [sample.path])
                assert answer.status_code in (200, 202), (sample.path.name, answer.status_code, answer.text[:500])
                assert "00081198" not in answer.json(), answer.text[:500]
    else:
        house.run("import", *(str(sample.path) for sample in kept))


def stored(house: Running, kept: Sequence[Sample]) -> Mapping[str, int]:
    """Send files by C-STORE exactly as they are, many on an association; give {SOP Instance UID: status}."""
    statuses = {}
    for batch in batched(kept, 100):  # an association has at most 128 presentation contexts (PS3.8 9.3.2.2)
        with pynet.associated(house.dicom, sorted({(one.sop_class, one.syntax) for one in batch})) as link:
            for sample in batch:
                statuses[sample.instance] = int(link.send_c_store(sample.path).get("Status", -1))
    return statuses


def stow(session: requests.Session, house: Running, files: Sequence[Path]) -> requests.Response:
    body = b"".join(
        b"--B0UND\r\nContent-Type: application/dicom\r\n\r\n" + path.read_bytes() + b"\r\n" for path in files
    )
    headers = {"Content-Type": f"{DICOM}; boundary=B0UND", "Accept": "application/dicom+json"}
    return session.post(f"{house.web}/studies", data=body + b"--B0UND--\r\n", headers=headers, timeout=300)


def by_study(kept: Sequence[Sample]) -> Mapping[str, Sequence[Sample]]:
    studies: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in kept:
        studies[sample.study].append(sample)
    return studies


def by_series(kept: Sequence[Sample]) -> Mapping[tuple[str, str], Sequence[Sample]]:
    series: defaultdict[tuple[str, str], list[Sample]] = defaultdict(list)
    for sample in kept:
        series[sample.study, sample.series].append(sample)
    return series


def test_every_sample_is_found(house: Running, kept: Sequence[Sample]) -> None:
    with house.session() as session:
        answer = session.get(f"{house.web}/instances", params={"limit": "5000"}, timeout=60)
    assert answer.status_code == 200
    found = {item["00080018"]["Value"][0] for item in answer.json()}
    assert found == {sample.instance for sample in kept}


def test_export_gives_every_data_set_back_byte_by_byte(house: Running, kept: Sequence[Sample], tmp_path: Path) -> None:
    house.run("export", *by_study(kept), "--to", str(tmp_path / "out"))
    given = exported(tmp_path / "out")
    assert changed(kept, given) == []


def test_an_exported_zip_gives_every_data_set_back_byte_by_byte(
    house: Running, kept: Sequence[Sample], tmp_path: Path
) -> None:
    target = tmp_path / "out.zip"
    house.run("export", *by_study(kept), "--to", str(target))
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    assert changed(kept, exported(tmp_path / "out")) == []


def exported(folder: Path) -> dict[str, bytes]:
    """Give {SOP Instance UID: data set bytes} of the files below a folder."""
    given = {}
    for path in pynet.files_in(folder):
        file = path.read_bytes()
        if file[128:132] != b"DICM":
            continue
        meta = pydicom.filereader.read_file_meta_info(path)
        given[str(meta.MediaStorageSOPInstanceUID)] = file[dataset_offset(file) :]
    return given


def changed(kept: Sequence[Sample], given: Mapping[str, bytes]) -> list[str]:
    """Name the samples that did not come back as they were."""
    return [sample.path.name for sample in kept if given.get(sample.instance) != sample.dataset()]


def test_c_get_gives_every_data_set_back_byte_by_byte_in_its_stored_syntax(
    house: Running, kept: Sequence[Sample]
) -> None:
    wrong = []
    for study, members in by_study(kept).items():
        given = pynet.get(house.dicom, study, [(sample.sop_class, sample.syntax) for sample in members])
        wrong += [s.path.name for s in members if given.get(s.instance) != (s.syntax, in_a_message(s))]
    assert wrong == []


@pytest.mark.peer("dcmrecv", "movescu")
def test_c_move_gives_every_data_set_back_byte_by_byte_in_its_stored_syntax(
    house: Running, kept: Sequence[Sample], tmp_path: Path
) -> None:
    takeable = [sample for sample in kept if dcmtk_takes(sample)]
    assert {sample.syntax for sample in kept if sample not in takeable} <= UNKNOWN_TO_DCMTK.keys()
    receiver = dcmtk.receive(tmp_path, aet="MOVEDEST")
    house.add_peer("MOVEDEST", receiver.port)
    house.add_peer("MOVER", 1, "--destinations", "MOVEDEST")
    mover = dcmtk.Dcmtk(house.dicom[1], calling="MOVER")
    try:
        for (study, series), members in by_series(takeable).items():
            names = "\\".join(sample.instance for sample in members)
            keys = [f"0020,000d={study}", f"0020,000e={series}", f"0008,0018={names}"]
            said = mover.move(["0008,0052=IMAGE", *keys], "MOVEDEST")
            assert said.code == 0, ([sample.path.name for sample in members], said.text)
    finally:
        receiver.stop()
    given = exported(receiver.folder)
    assert [s.path.name for s in takeable if given.get(s.instance) != in_a_message(s)] == []


def in_a_message(sample: Sample) -> bytes:
    """Give the data set as a message carries it: Pixel Data of odd length padded (PS3.5 7.1.1, PS3.8 E.1)."""
    dataset = sample.dataset()
    if len(dataset) % 2 == 0 or sample.syntax == DEFLATED:
        return dataset + b"\0" * (len(dataset) % 2)
    at = dataset.rindex(b"\xe0\x7f\x10\x00OB\0\0") + 8
    length = int.from_bytes(dataset[at : at + 4], "little")
    assert at + 4 + length == len(dataset), sample.path.name
    return dataset[:at] + (length + 1).to_bytes(4, "little") + dataset[at + 4 :] + b"\0"


def dcmtk_takes(sample: Sample) -> bool:
    """Say whether dcmrecv can take a sample: its profile holds 120 classes."""
    classes = {str(context.abstract_syntax) for context in dcmtk.StoragePresentationContexts}
    return sample.sop_class in classes and sample.syntax in dcmtk.SYNTAXES


def test_the_web_gives_every_instance_back_in_its_stored_syntax_where_it_may(
    house: Running, kept: Sequence[Sample]
) -> None:
    wrong = []
    with house.session() as session:
        for sample in kept:
            part = retrieved(session, house, sample)
            if sample.syntax not in NOT_ON_THE_WEB and part[dataset_offset(part) :] != sample.dataset():
                wrong.append(sample.path.name)
            if sample.syntax in NOT_ON_THE_WEB and not same_elements(part, sample.path.read_bytes()):
                wrong.append(sample.path.name)
    assert wrong == []


def retrieved(session: requests.Session, house: Running, sample: Sample) -> bytes:
    """Give the one part of a WADO-RS answer as a file."""
    url = f"{house.web}/studies/{sample.study}/series/{sample.series}/instances/{sample.instance}"
    answer = session.get(url, headers={"Accept": f"{DICOM}; transfer-syntax=*"}, timeout=120)
    assert answer.status_code == 200, (sample.path.name, answer.status_code, answer.text[:300])
    boundary = answer.headers["Content-Type"].split("boundary=")[1].split(";")[0].strip('"').encode()
    _, part, _ = answer.content.split(b"--" + boundary, 2)
    return part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")


def same_elements(one: bytes, other: bytes) -> bool:
    """Say whether two files hold the same elements, group lengths and padding aside, in whatever encoding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first, second = (json_of(pydicom.dcmread(io.BytesIO(file), force=True)) for file in (one, other))
    return first == second


def json_of(dataset: pydicom.Dataset) -> object:
    words = "OW" if dataset.get("BitsAllocated", 8) > 8 else "OB"
    for element in list(dataset):
        if element.tag.element == 0 or element.tag == 0xFFFCFFFC:
            del dataset[element.tag]
        elif element.tag == 0x7FE00010:
            element.VR = words
    if not dataset.original_encoding[1] and "PixelData" in dataset and words == "OW":
        dataset.PixelData = swapped(dataset.PixelData)
    return json.loads(dataset.to_json())


def swapped(data: bytes) -> bytes:
    """Give 16-bit words in the other byte order."""
    swap = bytearray(data)
    swap[0::2], swap[1::2] = data[1::2], data[0::2]
    return bytes(swap)
