"""Broken and ill-meant objects at every door: a precise refusal or safe keeping, and the next client is served."""

import contextlib
import json
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from pydicom import config

from hostile import raw_store
from hostile.ill_files import SECRETS, IllFile, ill_file, made_ill_files, shared_ill_files
from peers.server import Running, start_radiotheque
from phantoms import phantom
from shared import dataset_offset, needs_shared, shared

DOORS = ("C-STORE", "STOW-RS", "import")
DICOM = 'multipart/related; type="application/dicom"'
ANY_SYNTAX = f"{DICOM}; transfer-syntax=*"
PATIENCE_S = 5.0
"""No single request may take longer."""
GROWTH_BYTES = 150 << 20
WORKER_BYTES = 400 << 20
"""What the server's own process may take while it gives out what is ill."""
COMMAND_BYTES = 150 << 20
"""What the command line takes for itself."""
KEPT, QUARANTINED = "kept", "quarantined"
VIEWS = (
    ("", ANY_SYNTAX),
    ("", DICOM),
    ("/metadata", "application/dicom+json"),
    ("/metadata", 'multipart/related; type="application/dicom+xml"'),
    ("/rendered", "image/png"),
    ("/rendered", 'multipart/related; type="image/jpeg"'),
    ("/thumbnail", "image/jpeg"),
    ("/frames/1", 'multipart/related; type="application/octet-stream"; transfer-syntax=*'),
    ("/frames/1", 'multipart/related; type="application/octet-stream"'),
    ("/bulkdata", "*/*"),
)

TAKEN: Mapping[str, str] = {
    "a program in the preamble": KEPT,
    "garbage behind": KEPT,
    "odd length": KEPT,
    "markup in names": KEPT,
    "a line break in a name": KEPT,
    "a look-up in a name": KEPT,
    "SQL in a name": KEPT,
    "a name of 10,000 letters": KEPT,
    "an unknown character set": KEPT,
    "impossible dates": KEPT,
    "nested 30 deep": KEPT,
    "window of width 0": KEPT,
    "first of its SOP Instance UID": KEPT,
    "second of its SOP Instance UID": QUARANTINED,
    "series in one study": KEPT,
    "series in another study": QUARANTINED,
    "study of one patient": KEPT,
    "study of another patient": QUARANTINED,
}
"""What must be taken in, and how; of the files not named here and below, either is right."""
REFUSED = frozenset(
    {
        "empty",
        "one byte",
        "a web page",
        "noise",
        "preamble alone",
        "cut in a tag",
        "an element of 2 GB",
        "sequence longer than the file",
        "no study",
        "a path as UID",
        "a UID of 80 digits",
        "nested 3,000 deep",
        "nested 20,000 deep",
        "nested 3,000 deep before the patient",
        "nested 20,000 deep before the patient",
    }
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the sender was told of one file: whether it was taken, else a status and the reason."""

    taken: bool
    status: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A house after every ill file came to one of its doors."""

    house: Running
    door: str
    told: Mapping[str, Told]
    grown_bytes: int

    def kept(self) -> Sequence[tuple[str, str, str]]:
        """Give (study, series, instance) of all that is found."""
        with self.house.session() as session:
            answer = session.get(f"{self.house.web}/instances", params={"limit": "5000"}, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text[:300]
        tags = ("0020000D", "0020000E", "00080018")
        return [tuple(item[tag]["Value"][0] for tag in tags) for item in answer.json()]

    def cases(self) -> Sequence[Mapping[str, object]]:
        """Give the open cases of the quarantine."""
        with self.house.session() as session:
            answer = session.get(f"{self.house.url}/api/quarantine", params={"limit": "1000"}, timeout=PATIENCE_S)
        cases: Sequence[Mapping[str, object]] = answer.json()["cases"]
        return cases


@pytest.fixture(scope="module")
def files() -> Sequence[IllFile]:
    """The files made here, then the shared ones."""
    with config.disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of the values that are wrong on purpose
        made = made_ill_files()
    return [*(ill_file(name, data) for name, data in made.items()), *shared_ill_files()]


@pytest.fixture(scope="module", params=DOORS)
def delivery(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, files: Sequence[IllFile]
) -> Iterator[Delivery]:
    house = start_radiotheque(tmp_path_factory.mktemp("house"))
    try:
        house.add_peer("HOSTILE", 1)
        before = tree_bytes(house.pid, "VmRSS")
        told = FILL[request.param](house, files)
        grown = tree_bytes(house.pid, "VmHWM") - before
        yield Delivery(house, request.param, told, grown)
    finally:
        house.stop()


def tree_bytes(pid: int, field: str) -> int:
    """Give the memory of a process and those below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own_bytes(pid, field) + sum(tree_bytes(int(child), field) for child in children)


def own_bytes(pid: int, field: str) -> int:
    """Give the memory of a process as Linux counts it (proc(5)): VmRSS now, VmHWM at its peak."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:"))


def by_c_store(house: Running, files: Sequence[IllFile]) -> Mapping[str, Told]:
    told = {}
    for file in files:
        answer = raw_store.store(house.dicom, (file.sop_class, file.instance, file.syntax), file.dataset)
        told[file.name] = Told(answer.status == 0 or answer.status & 0xF000 == 0xB000, answer.status, answer.comment)
    return told


def by_stow(house: Running, files: Sequence[IllFile]) -> Mapping[str, Told]:
    told = {}
    headers = {"Content-Type": f"{DICOM}; boundary=B0UND", "Accept": "application/dicom+json"}
    with house.session() as session:
        for file in files:
            body = b"--B0UND\r\nContent-Type: application/dicom\r\n\r\n" + file.data + b"\r\n--B0UND--\r\n"
            answer = session.post(f"{house.web}/studies", data=body, headers=headers, timeout=PATIENCE_S)
            told[file.name] = _told_by_web(answer)
    return told


def _told_by_web(answer: requests.Response) -> Told:
    report = answer.json()
    failed = [item for tag in ("00081198", "0008119A") for item in report.get(tag, {}).get("Value", ())]
    if not failed:
        assert report["00081199"]["Value"], answer.text[:300]
        return Told(True, answer.status_code)
    reason = failed[0]["00081197"]["Value"][0]
    return Told(False, reason, answer.headers.get("Warning", ""))


def by_import(house: Running, files: Sequence[IllFile]) -> Mapping[str, Told]:
    """Import all in one run, each file in a folder that keeps their order."""
    paths = {}
    for number, file in enumerate(files):
        path = house.data.parent / "media" / f"{number:03}" / "file.dcm"
        path.parent.mkdir(parents=True)
        path.write_bytes(file.data)
        paths[file.name] = str(path)
    report, peak_bytes = imported(house, house.data.parent / "media")
    assert peak_bytes < COMMAND_BYTES + GROWTH_BYTES, f"{peak_bytes >> 20} MiB"
    refused = {one["file"]: one["reason"] for one in report["refused"]}  # type: ignore[attr-defined]
    return {name: Told(path not in refused, 0, refused.get(path, "")) for name, path in paths.items()}


def imported(house: Running, *paths: Path) -> tuple[Mapping[str, object], int]:
    """Import; give the report and how much memory the command took at its peak."""
    command = [sys.executable, "-m", "radiotheque", "import", *map(str, paths), "--json"]
    out, log = (house.data.parent / name for name in ("import.json", "import.log"))
    with out.open("wb") as said, log.open("wb") as complained:
        process = subprocess.Popen(command, env=house.env, stdout=said, stderr=complained)
        # what wait4 says of a child's memory counts what its parent had when it forked, so it is looked at as it runs
        peak_bytes = 0
        while process.poll() is None:
            peak_bytes = max(peak_bytes, peak_of(process.pid))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
    assert process.returncode in (0, 1), log.read_text()
    return json.loads(out.read_text()), peak_bytes


def peak_of(pid: int) -> int:
    """Give the peak of a process's memory since it became the program that it is, 0 when it has ended."""
    try:
        if b"\0radiotheque\0import\0" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return 0
        return own_bytes(pid, "VmHWM")
    except (OSError, ValueError, StopIteration, IndexError):
        return 0


FILL = {"C-STORE": by_c_store, "STOW-RS": by_stow, "import": by_import}


def test_every_file_is_taken_or_refused_with_a_reason(delivery: Delivery) -> None:
    silent = {name: told for name, told in delivery.told.items() if not told.taken and not told.reason}
    assert silent == {}


def test_what_can_be_kept_is_taken_and_what_cannot_be_read_is_refused(delivery: Delivery) -> None:
    wrong = {name: told for name, told in delivery.told.items() if name in TAKEN and not told.taken}
    wrong |= {name: told for name, told in delivery.told.items() if name in REFUSED and told.taken}
    assert wrong == {}


def test_a_refusal_has_the_status_that_says_whose_fault_it_is(delivery: Delivery) -> None:
    if delivery.door == "import":
        pytest.skip("an import reports words alone")
    # A900 contradicts its command; Cxxx cannot be understood (PS3.4 table B.2-1); -1: no context was taken
    others = {
        name: told
        for name, told in delivery.told.items()
        if not told.taken and told.status not in (-1, 0xA900, 0x0122) and told.status & 0xF000 != 0xC000
    }
    assert others == {}


def test_memory_stays_bounded(delivery: Delivery) -> None:
    assert delivery.grown_bytes < GROWTH_BYTES, f"grown by {delivery.grown_bytes >> 20} MiB"


def test_all_that_was_taken_comes_back_as_received_or_waits_in_quarantine(
    delivery: Delivery, files: Sequence[IllFile], tmp_path: Path
) -> None:
    delivery.house.run("export", "--all", "--to", str(tmp_path / "out"))
    given = {path.read_bytes() for path in tmp_path.rglob("*.dcm")}
    data_sets = {file[dataset_offset(file) :] if file[128:132] == b"DICM" else file for file in given}
    waiting = {(case["instance"]) for case in delivery.cases()}
    lost = [
        file.name
        for file in files
        if delivery.told[file.name].taken and file.dataset not in data_sets and file.instance not in waiting
    ]
    assert lost == []


def test_conflicts_wait_as_open_cases_and_can_be_released(
    delivery: Delivery, files: Sequence[IllFile], tmp_path: Path
) -> None:
    instances = {file.name: file.instance for file in files}
    wanted = {instances[name]: name for name, what in TAKEN.items() if what == QUARANTINED}
    cases = {str(case["instance"]): case for case in delivery.cases() if case["instance"] in wanted}
    assert set(cases) == set(wanted)
    with delivery.house.session() as session:
        case = cases[instances["second of its SOP Instance UID"]]
        released = session.post(f"{delivery.house.url}/api/quarantine/{case['id']}/release", timeout=PATIENCE_S)
    assert released.status_code == 200, released.text
    assert released.json()["state"] == "released"
    delivery.house.run("export", "--all", "--to", str(tmp_path / "out"))
    second = next(file for file in files if file.name == "second of its SOP Instance UID")
    assert any(path.read_bytes().endswith(second.dataset) for path in tmp_path.rglob(f"{second.instance}.dcm"))


def test_whatever_is_asked_of_what_is_kept_is_answered(delivery: Delivery) -> None:
    if delivery.door == "STOW-RS":
        pytest.skip("it keeps the same files as an import")
    wrong = []
    with delivery.house.session() as session:
        for study, series, instance in delivery.kept():
            url = f"{delivery.house.web}/studies/{study}/series/{series}/instances/{instance}"
            for path, accept in VIEWS:
                answer = session.get(url + path, headers={"Accept": accept}, timeout=PATIENCE_S)
                if answer.status_code not in (200, 206, 404, 406, 413) or not _says_why(answer):
                    wrong.append((instance, path, accept, answer.status_code, answer.text[:200]))
    assert wrong == []
    # the children that decode have a limit of their own
    worker = Path(f"/proc/{delivery.house.pid}/task/{delivery.house.pid}/children").read_text().split()[0]
    assert own_bytes(int(worker), "VmHWM") < WORKER_BYTES, f"{own_bytes(int(worker), 'VmHWM') >> 20} MiB"


def _says_why(answer: requests.Response) -> bool:
    return answer.ok or len(answer.json()["detail"]) > 10


def test_a_program_in_the_preamble_never_leaves_the_house(delivery: Delivery) -> None:
    with delivery.house.session() as session:
        for study, series, instance in delivery.kept():
            url = f"{delivery.house.web}/studies/{study}/series/{series}/instances/{instance}"
            answer = session.get(url, headers={"Accept": ANY_SYNTAX}, timeout=PATIENCE_S)
            if answer.status_code == 200:
                head = answer.content.split(b"\r\n\r\n", 1)[1][:128]
                assert head[:2] in (b"\0\0", b"II", b"MM") or answer.content.find(b"DICM") < 0, (instance, head)
                assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_markup_in_a_name_is_never_an_element_of_a_page(delivery: Delivery, files: Sequence[IllFile]) -> None:
    instance = next(file.instance for file in files if file.name == "markup in names")
    study, series, _ = next(found for found in delivery.kept() if found[2] == instance)
    url = f"{delivery.house.web}/studies/{study}/series/{series}/instances/{instance}/metadata"
    with delivery.house.session() as session:
        as_json = session.get(url, headers={"Accept": "application/dicom+json"}, timeout=PATIENCE_S)
        as_xml = session.get(
            url, headers={"Accept": 'multipart/related; type="application/dicom+xml"'}, timeout=PATIENCE_S
        )
    assert as_json.json()[0]["00100010"]["Value"][0]["Alphabetic"].startswith("<script>")
    assert b"<script>" not in as_xml.content
    assert b"&lt;script&gt;" in as_xml.content


def test_the_next_client_is_served(delivery: Delivery) -> None:
    data = phantom(patient_id=f"NEXT-{delivery.door}")
    film = ill_file("next", data)
    answer = raw_store.store(delivery.house.dicom, (film.sop_class, film.instance, film.syntax), film.dataset)
    assert answer == raw_store.Answer(0)
    assert film.instance in {instance for _, _, instance in delivery.kept()}


def test_no_log_holds_a_patients_name(delivery: Delivery) -> None:
    logs = "".join(path.read_text(errors="replace") for path in delivery.house.data.parent.glob("*.log"))
    assert [name for name in SECRETS if name in logs] == []
    assert "Traceback" not in logs


def good_films(count: int) -> Sequence[bytes]:
    return [phantom(patient_id=f"ZIP-{number}", rows=16, columns=16) for number in range(count)]


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_archives_are_imported_without_their_traps(archive: Running, tmp_path: Path) -> None:
    films = good_films(4)
    outside = zipped(tmp_path / "slip.zip", {"../../outside.dcm": films[0], "/etc/outside.dcm": films[1]})
    mixed = zipped(tmp_path / "mixed.zip", {"a/1.dcm": films[2], "run.exe": b"MZ" * 100, "2": films[3], "x.txt": b""})
    bomb = zipped(tmp_path / "bomb.zip", {"zeros.dcm": bytes(300 << 20)})
    cut = tmp_path / "cut.zip"
    cut.write_bytes(mixed.read_bytes()[:-30])
    report, peak_bytes = imported(archive, outside, mixed, bomb, cut)
    assert report["kept"] == 4
    refused = {str(Path(one["file"]).name): one["reason"] for one in report["refused"]}  # type: ignore[attr-defined]
    assert set(refused) == {"mixed.zip!run.exe", "mixed.zip!x.txt", "bomb.zip!zeros.dcm", "cut.zip"}
    assert all(refused.values())
    assert peak_bytes < COMMAND_BYTES + GROWTH_BYTES
    assert not list(tmp_path.parent.rglob("outside.dcm"))
    assert not Path("/etc/outside.dcm").exists()


@needs_shared
def test_the_shared_archives_and_media_are_imported_without_their_traps(archive: Running) -> None:
    """Of the ZIP archives the images come in; what a DICOMDIR names outside its folder does not."""
    root = shared("hostile")
    zips, peak_bytes = imported(archive, *sorted((root / "archives").glob("*.zip")))
    assert zips["kept"] + zips["duplicates"] >= 3  # type: ignore[operator]
    media, _ = imported(archive, root / "media")
    assert media["kept"] == 0
    assert len(media["refused"]) == len(list((root / "media").iterdir()))  # type: ignore[arg-type]
    assert peak_bytes < COMMAND_BYTES + GROWTH_BYTES
