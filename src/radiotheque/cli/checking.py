"""`radiotheque verify`, `sweep` and `settings`: does it all check out?"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from radiotheque.cli.bars import bar
from radiotheque.cli.exits import Exit
from radiotheque.cli.house import AsJson, Data, load, opened, show_json, show_table

if TYPE_CHECKING:
    from radiotheque.archive.sweep import Swept
    from radiotheque.ops import Progress

GraceHours = Annotated[
    float,
    typer.Option(
        "--grace-hours",
        min=0,
        help="Leave younger bytes alone: they may be on their way in. 0 after an older index was put back, before the server starts.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def verify(data: Data = None, as_json: AsJson = False) -> None:
        """Read every kept object again and compare it with the index. Ends with 1 when something is wrong."""
        from radiotheque.ops import verify as check_all

        seen: list[Progress] = []
        with opened(data) as house, bar("verifying", silent=as_json) as show:

            def note(progress: "Progress") -> None:
                seen[:] = [progress]
                if show:
                    show(progress.checked, progress.total)

            faults = list(check_all(house.database, house.originals, note))
        checked = seen[0].checked if seen else 0
        if as_json:
            show_json({"checked": checked, "faults": [asdict(fault) for fault in faults]})
        else:
            for fault in faults:
                typer.echo(f"damaged: {fault.instance}: {fault.reason} ({fault.blob})")
            typer.echo(f"{checked} objects checked, {len(faults)} damaged")
        if faults:
            raise typer.Exit(Exit.PARTLY)

    @app.command()
    def sweep(data: Data = None, as_json: AsJson = False, grace_hours: GraceHours = 24.0) -> None:
        """Look for kept bytes that the index does not name (a crash leaves them), and take them in again."""
        import time

        with opened(data) as house, bar("sweeping", silent=as_json) as show:

            def note(swept: "Swept") -> None:
                if show:
                    show(swept.seen, None, f"{swept.found_again} found again, {swept.orphans} orphans")

            found = asdict(house.sweep.run(time.time(), grace_s=grace_hours * 3600, progress=note))
        if as_json:
            show_json(found)
        else:
            typer.echo(
                f"{found['seen']} blobs, {found['found_again']} found again, {found['orphans']} orphans,"
                f" {found['unread']} without their keys"
            )

    @app.command("settings")
    def show_settings(data: Data = None, as_json: AsJson = False) -> None:
        """Show every setting as it is in force, where it comes from and what it means; secrets are hidden."""
        from radiotheque.settings import lines

        shown = lines(load(data))
        if as_json:
            show_json([asdict(line) for line in shown])
        else:
            columns = ("Setting", "Value", "From", "Meaning")
            show_table(columns, [(line.name, line.value, line.source, line.text) for line in shown])
