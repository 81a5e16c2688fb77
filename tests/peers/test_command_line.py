"""The command line and the web door as their users have them: real processes, real requests."""

import contextlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
import requests

from dicom_oracle import entity_errors
from peers.server import Running, run
from phantoms import dataset_bytes, phantom


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of two films, one of them in a ZIP archive, and a file that is none."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "one.dcm").write_bytes(phantom(patient_id="CLI-1"))
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("deep/two.dcm", phantom(patient_id="CLI-2"))
    (folder / "notes.txt").write_text("these are no films\n" * 20)
    return folder


@pytest.fixture(scope="module")
def filled(archive: Running, films: Path) -> Running:
    """Give the archive with the films imported."""
    with pytest.raises(AssertionError, match="exit 1") as partly:
        archive.run("import", str(films), "--json")
    assert "notes.txt" in str(partly.value)
    return archive


def test_curl_signs_in_by_token_and_is_asked_to_without(archive: Running) -> None:
    def curl(*options: str) -> str:
        command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *options, f"{archive.url}/api/me"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert curl() == "401"
    assert curl("-H", f"Authorization: Bearer {archive.token}") == "200"


def test_an_account_gets_a_password_that_signs_in(archive: Running) -> None:
    password = archive.run("user", "add", "lea", "--role", "clinician").strip()
    answer = requests.get(f"{archive.url}/api/me", auth=("lea", password), timeout=30)
    assert answer.json()["roles"] == ["clinician"]
    assert requests.get(f"{archive.url}/metrics", auth=("lea", password), timeout=30).status_code == 403


def test_a_token_is_printed_alone_and_holds_beside_the_running_server(archive: Running) -> None:
    said = archive.run("token", "create", "script", "--role", "monitor")
    assert len(said.split()) == 1
    headers = {"Authorization": f"Bearer {said.strip()}"}
    assert requests.get(f"{archive.url}/api/status", headers=headers, timeout=30).json()["healthy"] is True


def test_a_peer_is_added_and_listed(archive: Running) -> None:
    archive.run("peer", "add", "VIEWER", "127.0.0.1:104", "--may", "echo,find", "--destinations", "A,B", "--tls")
    listed = {peer["aet"]: peer for peer in json.loads(archive.run("peer", "list", "--json"))}
    assert listed["VIEWER"]["may"] == ["echo", "find"]
    assert listed["VIEWER"]["destinations"] == ["A", "B"]
    assert archive.session().get(f"{archive.url}/api/peers/VIEWER", timeout=30).json()["tls"] is True


def test_a_peer_that_is_added_again_keeps_what_is_not_given(archive: Running) -> None:
    own = ("--syntaxes", "1.2.840.10008.1.2.4.70,1.2.840.10008.1.2.1", "--max-associations", "2")
    own += ("--address", "10.0.0.0/8", "--charset", "ISO_IR 192", "--issuer", "WARD", "--may", "echo,store", "--tls")
    archive.run("peer", "add", "MOVED", "10.1.1.1:104", *own)
    before = shown_peer(archive, "MOVED")
    assert before["syntaxes"] == ["1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.1"]
    assert (before["max_associations"], before["addresses"], before["tls"]) == (2, ["10.0.0.0/8"], True)
    archive.run("peer", "add", "MOVED", "10.1.1.2:11112")
    assert shown_peer(archive, "MOVED") == before | {"host": "10.1.1.2", "port": 11112}
    archive.run("peer", "add", "MOVED", "10.1.1.2:104", "--syntaxes", "", "--address", "", "--no-tls")
    changed = shown_peer(archive, "MOVED")
    assert (changed["syntaxes"], changed["addresses"], changed["tls"]) == ([], [], False)
    assert changed["max_associations"] == 2


def test_a_character_set_that_is_none_is_refused_by_command_and_by_api(archive: Running) -> None:
    with pytest.raises(AssertionError, match="exit 2") as said:
        archive.run("peer", "add", "ODD", "127.0.0.1:104", "--charset", "WINDOWS-1252")
    assert "WINDOWS-1252" in str(said.value)
    given = {"host": "127.0.0.1", "port": 104, "charset": "WINDOWS-1252"}
    answer = archive.session().put(f"{archive.url}/api/peers/ODD", json=given, timeout=30)
    assert answer.status_code == 400
    assert "WINDOWS-1252" in answer.text


def shown_peer(archive: Running, aet: str) -> dict[str, Any]:
    """Give a peer as the command line lists it."""
    (found,) = (peer for peer in json.loads(archive.run("peer", "list", "--json")) if peer["aet"] == aet)
    return dict(found)


def test_imported_films_are_found_by_command_and_by_api(filled: Running) -> None:
    found = json.loads(filled.run("find", "--patient-id", "CLI-*", "--json"))["matches"]
    assert {match["PatientID"] for match in found} == {"CLI-1", "CLI-2"}
    by_api = filled.session().get(f"{filled.url}/api/studies", params={"q": "CLI-1"}, timeout=30).json()["matches"]
    assert [match["PatientID"] for match in by_api] == ["CLI-1"]


def test_an_import_may_be_repeated(filled: Running, films: Path) -> None:
    report = json.loads(filled.run("import", str(films / "one.dcm"), "--json"))
    assert (report["kept"], report["duplicates"], report["refused"]) == (0, 1, [])


def test_an_export_gives_back_the_bytes_as_they_came(filled: Running, films: Path, tmp_path: Path) -> None:
    original = dataset_bytes((films / "one.dcm").read_bytes())
    done = json.loads(filled.run("export", "--patient-id", "CLI-1", "--to", str(tmp_path / "out"), "--json"))
    assert (done["studies"], done["instances"], done["failed"]) == (1, 1, [])
    (file,) = (tmp_path / "out").rglob("*.dcm")
    assert dataset_bytes(file.read_bytes()) == original
    filled.run("export", "--patient-id", "CLI-1", "--to", str(tmp_path / "out.zip"))
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        (name,) = archive.namelist()
        assert dataset_bytes(archive.read(name)) == original


@pytest.mark.parametrize("name", ["medium", "medium.zip"])
def test_an_export_with_a_dicomdir_is_a_medium_that_pydicom_and_dcmtk_read(
    filled: Running, tmp_path: Path, name: str
) -> None:
    to = tmp_path / name
    done = json.loads(filled.run("export", "--all", "--dicomdir", "--to", str(to), "--json"))
    assert done["failed"] == []
    if to.suffix == ".zip":
        with zipfile.ZipFile(to) as archive:
            archive.extractall(tmp_path / "unpacked")
        to = tmp_path / "unpacked"
    records = pydicom.dcmread(to / "DICOMDIR").DirectoryRecordSequence
    files = [to.joinpath(*each.ReferencedFileID) for each in records if "ReferencedFileID" in each]
    assert len(files) == done["instances"] == 2
    assert {pydicom.dcmread(file).PatientID for file in files} == {"CLI-1", "CLI-2"}
    dumped = subprocess.run(
        ["dcmdump", "+P", "DirectoryRecordType", str(to / "DICOMDIR")], capture_output=True, text=True
    )
    assert dumped.stdout.count("[IMAGE]") == 2


@pytest.mark.peer("dcentvfy")
def test_dcentvfy_finds_the_entities_of_an_export_consistent(archive: Running, tmp_path: Path) -> None:
    for series in ("1", "2"):
        for number in ("1", "2"):
            film = phantom(patient_id="CLI-ENT", series=series, series_number=int(series), instance=number)
            (tmp_path / f"{series}-{number}.dcm").write_bytes(film)
    archive.run("import", *(str(path) for path in tmp_path.glob("*.dcm")))
    archive.run("export", "--patient-id", "CLI-ENT", "--to", str(tmp_path / "out"))
    files = list((tmp_path / "out").rglob("*.dcm"))
    assert len(files) == 4
    assert entity_errors(files) == []


@pytest.mark.parametrize(
    ("command", "word"), [(("export", "--all"), "exported"), (("sweep",), "sweeping"), (("verify",), "verifying")]
)
def test_long_work_shows_how_far_it_is_on_a_terminal_and_never_to_a_script(
    filled: Running, tmp_path: Path, command: tuple[str, ...], word: str
) -> None:
    to = ("--to", str(tmp_path / "out")) if command[0] == "export" else ()
    _, shown = on_a_terminal(filled, *command, *to)
    assert word in shown
    printed, shown = on_a_terminal(filled, *command, *to, "--json")
    assert json.loads(printed)
    assert shown == ""


def on_a_terminal(archive: Running, *arguments: str) -> tuple[str, str]:
    """Run a command whose standard error is a terminal; give what it printed, and what the terminal was shown."""
    ours, theirs = os.openpty()
    env = {**archive.env, "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, "-m", "radiotheque", *arguments]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # EIO: nobody has the terminal open any more
            while piece := os.read(ours, 65536):
                shown += piece
        os.close(ours)
        printed = process.communicate(timeout=60)[0]
    assert process.returncode == 0, shown
    return printed, shown.decode()


def test_a_sweep_finds_nothing_that_the_index_does_not_name(filled: Running) -> None:
    found = json.loads(filled.run("sweep", "--json"))
    assert (found["seen"] >= 2, found["found_again"], found["orphans"]) == (True, 0, 0)


def test_everything_kept_checks_out(filled: Running) -> None:
    said = json.loads(filled.run("verify", "--json"))
    assert said["checked"] >= 2
    assert said["faults"] == []


def test_a_study_that_is_not_there_ends_with_3(archive: Running) -> None:
    with pytest.raises(AssertionError, match="exit 3"):
        archive.run("export", "1.2.3.4", "--to", os.devnull + "/x")


def test_the_feed_is_followed_as_server_sent_events(filled: Running) -> None:
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "0"}
    with filled.session().get(f"{filled.url}/api/changes", headers=headers, stream=True, timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines(decode_unicode=True)
        ids = [next(line for line in lines if line.startswith("id: ")) for _ in range(2)]
    assert ids == ["id: 1", "id: 2"]


def test_the_server_ends_in_order_and_starts_again_where_it_was(radiotheque: "object") -> None:
    running: Running = radiotheque()  # type: ignore[operator]
    running.stop()
    assert running.child.process.returncode == 0
    running.restart()
    assert "first_sign_in" not in running.ready
    assert running.session().get(f"{running.url}/api/me", timeout=30).status_code == 200


def test_what_the_first_start_was_told_holds_for_the_commands_beside_it(radiotheque: "object") -> None:
    running: Running = radiotheque(sealing="off", aets=("RADIO",))  # type: ignore[operator]
    said = {line["name"]: line["value"] for line in json.loads(run(running.env, "settings", "--json"))}
    assert (said["sealing"], said["aets"], said["demo_keys"]) == ("off", "RADIO", "on")


def test_an_import_names_the_files_that_are_kept_with_a_warning(
    radiotheque: Callable[..., Running], tmp_path: Path
) -> None:
    """Pixel Data shorter than they say are kept as they came; whoever imports them knows (PS3.4 table B.2-1, B007)."""
    archive = radiotheque()
    short = tmp_path / "short.dcm"
    short.write_bytes(phantom(patient_id="SHORT-1")[:-100])
    report = json.loads(archive.run("import", str(short), "--json"))
    assert (report["kept"], report["refused"]) == (1, [])
    (warned,) = report["warned"]
    assert (warned["file"], warned["concern"]) == (str(short), "mismatch")
    assert "100 bytes miss" in warned["warning"]
    other = tmp_path / "other.dcm"
    other.write_bytes(phantom(patient_id="SHORT-2")[:-200])
    assert "1 kept" in (said := archive.run("import", str(other)))
    assert "1 with a warning" in said
