"""A study as a ZIP with a DICOMDIR, read back by pydicom and DCMTK."""

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pydicom
import pytest

from radiotheque.core.caller import Caller, Door, Permission, Scope
from radiotheque.core.query import Level, Page
from radiotheque.wire.dicomweb import WebSettings, dicomweb_routes
from unit.wire.dicomweb.asgi import Answer, ask
from unit.wire.dicomweb.samples import SERIES, STUDY, image
from unit.wire.dicomweb.shelf import Shelf, found
from unit.wire.dicomweb.test_rendered import report, state

PATH = f"/dicom-web/studies/{STUDY}"


def shelf() -> Shelf:
    made = Shelf()
    for each in (image(1), image(2, frames=2), state(), report()):
        made.put(each)
    common = {"StudyInstanceUID": STUDY, "PatientName": "Dupont^Élodie", "PatientID": "P1", "StudyDate": "20240131"}
    made.page = Page(
        tuple(
            found(
                Level.IMAGE,
                **common,
                SOPInstanceUID=uid,
                SeriesInstanceUID=data.SeriesInstanceUID,
                Modality=data.Modality,
            )
            for uid, data in ((uid, pydicom.dcmread(io.BytesIO(data))) for uid, data in made.kept.items())
        )
    )
    return made


def zipped(archive: Shelf, **options: Caller) -> Answer:
    return ask(dicomweb_routes(archive, WebSettings()), "GET", PATH, {"Accept": "application/zip"}, **options)  # type: ignore[arg-type]


def test_every_object_is_in_it_byte_by_byte_and_its_length_was_said() -> None:
    archive = shelf()
    answer = zipped(archive)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/zip")
    assert int(answer.headers["content-length"]) == len(answer.body)
    with zipfile.ZipFile(io.BytesIO(answer.body)) as read:
        assert read.testzip() is None
        first, *others = read.namelist()
        assert first == "DICOMDIR"
        assert sorted(read.read(name) for name in others) == sorted(archive.kept.values())


def test_the_dicomdir_leads_to_every_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(shelf()).body)) as read:
        read.extractall(tmp_path)
    records = pydicom.dcmread(tmp_path / "DICOMDIR").DirectoryRecordSequence
    led_to = [tmp_path.joinpath(*record.ReferencedFileID) for record in records if "ReferencedFileID" in record]
    assert {pydicom.dcmread(path).SOPInstanceUID for path in led_to} == {f"{SERIES}.{n}" for n in (1, 2, 50, 60)}
    assert records[0].PatientName == "Dupont^Élodie"
    assert [record.DirectoryRecordType for record in records][2:] == [
        "SERIES", "IMAGE", "IMAGE", "SERIES", "PRESENTATION", "SERIES", "SR DOCUMENT",
    ]  # fmt: skip
    (document,) = [record for record in records if record.DirectoryRecordType == "SR DOCUMENT"]
    assert document.ConceptNameCodeSequence[0].CodeMeaning == "Diagnostic report"


@pytest.mark.skipif(
    shutil.which("dcmdump") is None, reason="DCMTK is not installed: run `make test`, which installs it"
)
def test_dcmtk_reads_the_dicomdir(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(shelf()).body)) as read:
        read.extractall(tmp_path)
    told = subprocess.run(
        ["dcmdump", "-q", "+W", tmp_path, tmp_path / "DICOMDIR"], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stderr) == (0, "")


def test_a_zip_is_given_only_to_who_asked_for_it_and_may_export() -> None:
    archive = shelf()
    viewer = Caller(
        "viewer", Door.DICOMWEB, permissions=frozenset({Permission.STUDY_VIEW}), scope=Scope(everything=True)
    )
    assert (
        ask(dicomweb_routes(archive, WebSettings()), "GET", PATH)
        .headers["content-type"]
        .startswith("multipart/related")
    )
    archive.needs = Permission.STUDY_EXPORT
    assert zipped(archive, caller=viewer).status == 403


def test_the_same_zip_again_is_304() -> None:
    archive = shelf()
    etag = zipped(archive).headers["etag"]
    headers = {"Accept": "application/zip", "If-None-Match": etag}
    assert ask(dicomweb_routes(archive, WebSettings()), "GET", PATH, headers).status == 304


def test_the_file_is_named_by_what_was_selected() -> None:
    archive = shelf()
    for place, uid in (
        (PATH, STUDY),
        (f"{PATH}/series/{STUDY}.1", f"{STUDY}.1"),
        (f"{PATH}/series/{STUDY}.1/instances/{SERIES}.2", f"{SERIES}.2"),
    ):
        answer = ask(dicomweb_routes(archive, WebSettings()), "GET", place, {"Accept": "application/zip"})
        assert answer.headers["content-disposition"] == f'attachment; filename="{uid}.zip"'
