"""`radiotheque import` and `radiotheque export`: files in, files out."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from radiotheque.cli.bars import Show, bar
from radiotheque.cli.deidentified import Ordered, go_on, order
from radiotheque.cli.exits import Exit
from radiotheque.cli.finding import Accession, Modality, PatientId, PatientName, Since, Until, matching
from radiotheque.cli.house import AsJson, Data, House, me, opened, show_json
from radiotheque.core.errors import RadiothequeError

if TYPE_CHECKING:
    from radiotheque.archive.archive import Archive
    from radiotheque.archive.importing import Report
    from radiotheque.cli.writing import FolderWriter, ZipWriter
    from radiotheque.core.instance import Location
    from radiotheque.core.query import Page
    from radiotheque.core.uid import UID

    type Writer = FolderWriter | ZipWriter

PAGE_STUDIES = 1000


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command("import")
    def import_files(
        paths: Annotated[list[Path], typer.Argument(metavar="PATH…")], data: Data = None, as_json: AsJson = False
    ) -> None:
        """Import files, folders, ZIP archives and DICOMDIR media. Run it again to go on after an interruption."""
        with opened(data) as house:
            report = _import(house, paths, as_json)
        _report(report, as_json)
        if report.refused:
            raise typer.Exit(Exit.PARTLY)

    _register_export(app)


def _register_export(app: typer.Typer) -> None:
    @app.command("export")
    def export_files(
        studies: Annotated[list[str] | None, typer.Argument(metavar="[STUDY…]", help="Study Instance UIDs.")] = None,
        data: Data = None,
        *,
        to: Annotated[Path, typer.Option("--to", metavar="DIR|ZIP", help="A folder, or a file that ends in .zip.")],
        dicomdir: Annotated[
            bool,
            typer.Option("--dicomdir", help="Write a medium: file names of 8 letters, and a DICOMDIR that names them."),
        ] = False,
        everything: Annotated[bool, typer.Option("--all", help="Every study.")] = False,
        patient_id: PatientId = "",
        patient_name: PatientName = "",
        accession: Accession = "",
        modality: Modality = "",
        since: Since = "",
        until: Until = "",
        deidentified: Annotated[
            bool, typer.Option("--deidentified", help="Without identity (PS3.15 Annex E); see --profile.")
        ] = False,
        profile: Annotated[str, typer.Option("--profile", help="basic, research or teaching.")] = "basic",
        project: Annotated[str, typer.Option("--project", help="Pseudonyms are the same within one.")] = "export",
        option: Annotated[list[str] | None, typer.Option("--option", help="One more option of the profile.")] = None,
        resume: Annotated[int, typer.Option("--resume", help="Go on with this de-identified export.")] = 0,
        looked_at: Annotated[
            Path | None, typer.Option("--looked-at", help="JSON: what to mask on the images that were looked at.")
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        """Write studies as DICOM files with the identity they have now. A file that is there already is kept."""
        filters = {
            "patient_id": patient_id,
            "patient_name": patient_name,
            "accession_number": accession,
            "modality": modality,
        }
        with opened(data) as house:
            if resume:
                go_on(house, to, resume, looked_at)
                return
            asked = wanted(house, studies or [], filters, everything=everything, since=since, until=until)
            if deidentified:
                order(house, list(asked), to, Ordered(project, profile, tuple(option or ()), looked_at))
                return
            with bar("exporting", silent=as_json) as show:
                done = _export(house, list(asked), to, dicomdir=dicomdir, show=show)
        if as_json:
            show_json(done)
        else:
            typer.echo(f"{done['instances']} instances of {done['studies']} studies are in {to}.", err=True)
        if done["failed"]:
            raise typer.Exit(Exit.PARTLY)


def _import(house: House, paths: list[Path], as_json: bool) -> "Report":
    """Import, and give the report; an interruption is reported first, then raised."""
    from radiotheque.archive.importing import Report, count_files

    report = Report()
    try:
        with bar("looking", silent=as_json) as show:
            total = count_files(paths) if show else 0

            def progress(report: Report) -> None:
                if show:
                    show(report.seen, total, _counts(report))

            house.importer(paths, report, me(), progress)
    except (RadiothequeError, KeyboardInterrupt):
        _report(report, as_json, ended=False)
        raise
    return report


def _counts(report: "Report") -> str:
    return (
        f"{report.kept} kept, {report.duplicates} were there, {report.quarantined} in quarantine, "
        f"{len(report.refused)} refused, {len(report.warned)} with a warning"
        + (f" ({report.skipped} of them by an earlier run)" if report.skipped else "")
        + (f"; {len(report.passed_over)} passed over" if report.passed_over else "")
    )


def _report(report: "Report", as_json: bool, *, ended: bool = True) -> None:
    """Say what became of the files, of those before an interruption too."""
    if as_json:
        names = ("kept", "duplicates", "quarantined", "skipped")
        refused = [{"file": one.label, "reason": one.reason} for one in report.refused]
        passed = [{"file": one.label, "reason": one.reason} for one in report.passed_over]
        warned = [{"file": one.label, "concern": one.concern, "warning": one.warning} for one in report.warned]
        counts = {name: getattr(report, name) for name in names}
        show_json(counts | {"refused": refused, "warned": warned, "passed_over": passed, "ended": ended})
    else:
        for one in report.warned:
            typer.echo(f"warning: {one.label}: {one.warning}", err=True)
        for passed_over in report.passed_over:
            typer.echo(f"passed over: {passed_over.label}: {passed_over.reason}", err=True)
        for refusal in report.refused:
            typer.echo(f"refused: {refusal.label}: {refusal.reason}", err=True)
        typer.echo(_counts(report) + ("" if ended else "; interrupted: the same command goes on from here"))


def wanted(
    house: House, studies: list[str], filters: dict[str, str], *, page_studies: int = PAGE_STUDIES, **more: Any
) -> "Iterator[UID]":
    """Yield the studies named, and all that the filters match, `page_studies` at a time.

    Raises `Malformed` when nothing is asked for.
    """
    from radiotheque.core.errors import Malformed
    from radiotheque.core.uid import parse_uid

    yield from (parse_uid(study) for study in studies)
    if any(filters.values()) or more["since"] or more["until"] or more["everything"]:
        dates = {"since": more["since"], "until": more["until"]}
        page = matching(house, "", filters, **dates, limit=page_studies)
        yield from _studies(page)
        while page.next_cursor:
            page = matching(house, "", filters, **dates, limit=page_studies, cursor=page.next_cursor)
            yield from _studies(page)
    elif not studies:
        raise Malformed("name studies or a filter; everything by --all")


def _studies(page: "Page") -> "Iterator[UID]":
    from radiotheque.core.uid import parse_uid

    return (parse_uid(found.attributes["StudyInstanceUID"][0]) for found in page.matches)


def _export(
    house: House, studies: "list[UID]", to: Path, *, dicomdir: bool, show: Show | None = None
) -> dict[str, Any]:
    """Write the studies and give counts; what cannot be given is said, and does not stop the others."""
    from radiotheque.archive.exporting import DIRECTORY, Filed, directory_of, filed, indexed
    from radiotheque.cli.writing import FolderWriter, ZipWriter
    from radiotheque.core.instance import Selection
    from radiotheque.core.query import Level

    done: dict[str, Any] = {"studies": 0, "instances": 0, "failed": []}
    written: list[Filed] = []
    with (ZipWriter if to.suffix.lower() == ".zip" else FolderWriter)(to) as writer:
        for study in studies:
            if show:
                show(done["studies"], len(studies), f"{len(written)} instances exported")
            selection = Selection(Level.STUDY, studies=(study,))
            locations = house.archive.locate(selection, me(), act="export")
            known = indexed(house.archive.catalog, selection, me().scope) if dicomdir else {}
            done["studies"] += 1
            for file in filed(house.archive, locations, known, first=len(written)):
                place = file.place if dicomdir else _place(file.location)
                reason = _written(place, house.archive, file.location, writer)
                if reason:
                    done["failed"].append({"instance": file.location.identity.sop_instance, "reason": reason})
                else:
                    written.append(file)
        if dicomdir:
            writer.add_bytes(DIRECTORY, directory_of(written))
    done["instances"] = len(written)
    return done


def _written(place: str, archive: "Archive", location: "Location", writer: "Writer") -> str:
    """Write an instance; give why it could not be given, "" when it could."""
    from radiotheque.core.errors import Damaged, NotFound, Unsupported

    try:
        writer.add(place, archive.outgoing(location))
    except (Damaged, Unsupported, NotFound) as error:
        typer.echo(f"not exported: {location.identity.sop_instance}: {error}", err=True)
        return str(error)
    return ""


def _place(location: "Location") -> str:
    identity = location.identity
    return f"{identity.study}/{identity.series}/{identity.sop_instance}.dcm"
