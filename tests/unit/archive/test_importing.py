"""Importing: what an interrupted run tells, and what the run that goes on does not forget."""

import os
import zipfile
from pathlib import Path

import pytest

from radiotheque.archive.importing import LINK, Journal, Refusal, Report, Warned, count_files, import_paths
from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import Malformed, Unavailable
from radiotheque.core.instance import Concern, Identity, Incoming, Origin, Outcome, Receipt
from radiotheque.core.uid import UID
from radiotheque.dicom.dicomdir import Row, write_dicomdir

ORIGIN = Origin(Caller("test", Door.CLI), "import", 0.0)
IDENTITY = Identity(UID("1.2.840.10008.5.1.4.1.1.1"), UID("1.2.3.4"), UID("1.2"), UID("1.2.3"), "1", "")


class WayIn:
    """A way in that does what a file says, and counts what it was offered."""

    def __init__(self) -> None:
        self.offered: list[bytes] = []
        self.away = True

    def __call__(self, incoming: Incoming) -> Receipt:
        said = b"".join(incoming.chunks())
        self.offered.append(said)
        if said == b"away" and self.away:
            raise Unavailable("the index is locked")
        if said == b"bad":
            raise Malformed("not DICOM")
        if said == b"odd":
            return Receipt(Outcome.KEPT, IDENTITY, warnings=("cut short",), concern=Concern.MISMATCH)
        return Receipt(Outcome.QUARANTINED if said == b"case" else Outcome.KEPT, IDENTITY)


def films(folder: Path, *contents: str) -> Path:
    folder.mkdir()
    for number, content in enumerate(contents):
        (folder / f"{number}.dcm").write_text(content)
    return folder


def run(folder: Path, journals: Path, door: WayIn) -> tuple[Report, bool]:
    """Import; give the report, and whether the import came to its end."""
    report, journal = Report(), Journal(journals, [folder])
    try:
        import_paths([folder], report, receive=door, origin=ORIGIN, journal=journal)
    except Unavailable:
        return report, False
    finally:
        journal.close()
    return report, True


def test_the_run_that_goes_on_reports_what_the_interrupted_one_refused_warned_of_and_put_apart(tmp_path: Path) -> None:
    folder, door = films(tmp_path / "films", "good", "bad", "odd", "case", "away", "good"), WayIn()
    refused = [Refusal(str(folder / "1.dcm"), "not DICOM")]
    warned = [Warned(str(folder / "2.dcm"), Concern.MISMATCH, "cut short")]
    first, ended = run(folder, tmp_path / "journal", door)
    assert (first.kept, first.quarantined, first.skipped, ended) == (2, 1, 0, False)
    assert (first.refused, first.warned) == (refused, warned)
    door.away = False
    second, ended = run(folder, tmp_path / "journal", door)
    assert (second.kept, second.quarantined, second.skipped, ended) == (4, 1, 3, True)
    assert (second.refused, second.warned) == (refused, warned)
    assert door.offered == [b"good", b"bad", b"odd", b"case", b"away", b"bad", b"away", b"good"]


def test_an_import_that_ended_leaves_no_journal(tmp_path: Path) -> None:
    run(films(tmp_path / "films", "good", "bad"), tmp_path / "journal", WayIn())
    assert list((tmp_path / "journal").iterdir()) == []


def test_a_torn_line_of_the_journal_costs_one_file(tmp_path: Path) -> None:
    folder, door = films(tmp_path / "films", "a", "b", "away"), WayIn()
    run(folder, tmp_path / "journal", door)
    (journal,) = (tmp_path / "journal").iterdir()
    journal.write_bytes(journal.read_bytes()[:-9])
    door.offered.clear()
    run(folder, tmp_path / "journal", door)
    assert door.offered == [b"b", b"away"]
    door.offered.clear()
    run(folder, tmp_path / "journal", door)
    assert door.offered == [b"away"]


def test_a_file_that_changed_since_is_offered_again(tmp_path: Path) -> None:
    folder, door = films(tmp_path / "films", "a", "away"), WayIn()
    run(folder, tmp_path / "journal", door)
    (folder / "0.dcm").write_text("other")
    run(folder, tmp_path / "journal", door)
    assert door.offered[2:] == [b"other", b"away"]


def medium(*files: str) -> bytes:
    """A DICOMDIR that refers to the files."""
    rows = [
        Row(tuple(file.split("/")), "1.2.840.10008.5.1.4.1.1.1", f"1.2.3.{number}", "1.2.840.10008.1.2.1", {})
        for number, file in enumerate(files)
    ]
    return write_dicomdir(rows)


@pytest.mark.parametrize("named", ["the folder", "the DICOMDIR"])
def test_a_file_that_a_dicomdir_refers_to_and_that_is_not_there_is_reported(tmp_path: Path, named: str) -> None:
    folder, door = films(tmp_path / "cd", "good"), WayIn()
    (folder / "im").mkdir()
    (folder / "im" / "i1.;1").write_text("small letters, and a version")
    (folder / "DICOMDIR").write_bytes(medium("IM/I1", "IM/I2"))
    report, _ = run(folder if named == "the folder" else folder / "DICOMDIR", tmp_path / "journal", door)
    assert [refusal.label for refusal in report.refused] == [str(folder / "IM" / "I2")]
    assert report.kept == 2


def test_a_dicomdir_in_a_zip_is_checked_against_the_members_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "cd.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cd/DICOMDIR", medium("I1", "I2"))
        archive.writestr("cd/I1", b"good")
        archive.writestr("I2", b"elsewhere")
    report, _ = run(path, tmp_path / "journal", WayIn())
    assert ([refusal.label for refusal in report.refused], report.kept) == ([f"{path}!cd/I2"], 2)


@pytest.mark.parametrize("content", [b"", b"no DICOM", medium("../../etc/passwd"), medium("A")[:900]])
def test_a_dicomdir_that_cannot_be_believed_stops_nothing(tmp_path: Path, content: bytes) -> None:
    folder = films(tmp_path / "cd", "good")
    (folder / "DICOMDIR").write_bytes(content)
    report, ended = run(folder, tmp_path / "journal", WayIn())
    assert (report.kept, len(report.refused) <= 1, ended) == (1, True, True)


def test_the_files_are_counted_before_without_being_read(tmp_path: Path) -> None:
    assert count_files([films(tmp_path / "films", "a", "b"), tmp_path / "not-there"]) == 2


def test_what_is_passed_over_is_named_with_the_reason(tmp_path: Path) -> None:
    folder, door = films(tmp_path / "films", "good"), WayIn()
    elsewhere = films(tmp_path / "elsewhere", "other")
    (folder / "linked.dcm").symlink_to(elsewhere / "0.dcm")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "lost.dcm").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe.dcm")
    report, ended = run(folder, tmp_path / "journal", door)
    assert (report.kept, report.refused, ended, door.offered) == (1, [], True, [b"good"])
    passed = {Path(one.label).name: one.reason for one in report.passed_over}
    assert passed == {"linked": LINK, "linked.dcm": LINK, "lost.dcm": LINK, "pipe.dcm": "no regular file"}


def test_a_link_that_is_named_itself_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(films(tmp_path / "films", "good"))
    report, _ = run(tmp_path / "link", tmp_path / "journal", WayIn())
    assert (report.kept, report.passed_over) == (1, [])
