"""`radiotheque find` and `radiotheque send`: studies, found and passed on."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from radiotheque.cli.house import AsJson, Data, House, me, opened, show_json, show_table

if TYPE_CHECKING:
    from radiotheque.core.query import Page

PatientId = Annotated[str, typer.Option("--patient-id", help="Patient ID; * and ? are wild cards.")]
PatientName = Annotated[str, typer.Option("--patient-name", help="Patient's Name; * and ? are wild cards.")]
Accession = Annotated[str, typer.Option("--accession", help="Accession Number.")]
Modality = Annotated[str, typer.Option("--modality", help="Modality in the study.")]
Since = Annotated[str, typer.Option("--since", metavar="YYYYMMDD", help="First study date.")]
Until = Annotated[str, typer.Option("--until", metavar="YYYYMMDD", help="Last study date.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Studies at most.")]

_COLUMNS = (
    "PatientID",
    "PatientName",
    "StudyDate",
    "ModalitiesInStudy",
    "AccessionNumber",
    "StudyDescription",
    "StudyInstanceUID",
)


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def find(
        search: Annotated[str, typer.Argument(metavar="[TEXT]", help="A name in any order, or a number.")] = "",
        data: Data = None,
        *,
        patient_id: PatientId = "",
        patient_name: PatientName = "",
        accession: Accession = "",
        modality: Modality = "",
        since: Since = "",
        until: Until = "",
        limit: Limit = 50,
        as_json: AsJson = False,
    ) -> None:
        """Find studies, newest first."""
        filters = {
            "patient_id": patient_id,
            "patient_name": patient_name,
            "accession_number": accession,
            "modality": modality,
        }
        with opened(data) as house:
            page = matching(house, search, filters, since=since, until=until, limit=limit)
        _show(page, as_json)

    @app.command()
    def send(study: str, aet: str, data: Data = None, as_json: AsJson = False) -> None:
        """Queue a study for a peer; the running server sends it, again and again until it has arrived."""
        from radiotheque.core.aetitle import parse_aetitle
        from radiotheque.core.instance import Selection
        from radiotheque.core.query import Level
        from radiotheque.core.uid import parse_uid

        with opened(data) as house:
            peer = house.security.peers.get(parse_aetitle(aet))
            queued = house.send(Selection(Level.STUDY, studies=(parse_uid(study),)), peer.aet, me())
        if as_json:
            show_json({"queued": queued})
        else:
            typer.echo(f"{queued} instances are queued for {peer.aet}.", err=True)


def matching(house: House, search: str, filters: dict[str, str], **more: Any) -> "Page":
    """Give the studies of a free search, or of filters with `since`, `until` and `limit`; after `cursor`, if given."""
    from radiotheque.core.query import Level, Query
    from radiotheque.wire.web import words

    caller = me()
    if search:
        return words.search(search, lambda query: house.archive.find(query, caller), more["limit"])
    keys = words.filters(filters, more["since"], more["until"])
    return house.archive.find(Query(Level.STUDY, keys, limit=more["limit"], after=more.get("cursor", "")), caller)


def _show(page: "Page", as_json: bool) -> None:
    from radiotheque.wire.web.words import page_of

    shown = page_of(page)
    if as_json:
        show_json(shown)
        return
    rows = [[_cell(match.get(column, "")) for column in _COLUMNS] for match in shown["matches"]]
    show_table(_COLUMNS, rows)
    if page.remaining:
        typer.echo(f"{'at least ' if page.at_least else ''}{page.remaining} more; raise --limit", err=True)


def _cell(value: object) -> str:
    return ",".join(str(part) for part in value) if isinstance(value, list) else str(value)
