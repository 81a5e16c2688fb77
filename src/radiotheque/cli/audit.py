"""`radiotheque audit`: is the trail what was written, and a checkpoint to keep elsewhere."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from radiotheque.cli.bars import bar
from radiotheque.cli.exits import Exit
from radiotheque.cli.house import AsJson, Data, me, opened, show_json

if TYPE_CHECKING:
    from radiotheque.security import AuditDesk, Checkpoint, Verdict

app = typer.Typer(help="The audit trail: verify its chain, and sign where it stands.", no_args_is_help=True)

RESTS = 100
"""After so many batches of lines it is noted how far a verification came."""


@app.command("verify")
def verify(
    data: Data = None,
    as_json: AsJson = False,
    *,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from where the last verification came without a fault.")
    ] = False,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="FILE", help="A checkpoint that was exported; may be repeated."),
    ] = None,
) -> None:
    """Look at every line of the audit trail and name the first that was altered, removed, reordered or cut off.

    Works beside a running server. Ends with 0 when the chain is whole, with 6 when it is not.
    """
    outside = [_checkpoint(path) for path in against or ()]
    with opened(data) as house, bar("verifying", silent=as_json) as show:
        desk = house.security.desk
        start = _resting(desk) if resume else None
        batches = 0

        def note(until: "Checkpoint", total: int) -> None:
            nonlocal batches
            batches += 1
            if batches % RESTS == 0:
                desk.rest(until)
            if show:
                show(until.position, total)

        verdict = desk.verify(me(), outside=outside, start=start, progress=note)
        if verdict.finding is None:
            desk.rest(verdict.until)
    _tell(verdict, as_json)
    if verdict.finding is not None:
        raise typer.Exit(Exit.DAMAGED)


@app.command("checkpoint")
def checkpoint(
    data: Data = None,
    *,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="File to write; not one that is there.")],
) -> None:
    """Sign where the audit trail stands and write that to a file, to be kept apart from this machine.

    `verify --against FILE` then notices a tail that was cut off, whoever could write here. The file can be time-stamped.
    """
    import orjson

    from radiotheque.core.errors import Conflict, Unavailable

    with opened(data) as house:
        made = house.security.desk.checkpoint(me())
    try:
        with to.open("xb") as file:
            file.write(orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n")
    except FileExistsError as error:
        raise Conflict(f"{to} is there already, and stays as it was") from error
    except OSError as error:
        raise Unavailable(f"{to} cannot be written: {error.strerror}") from error
    typer.echo(f"Line {made['position']} is signed by key {made['key']} in {to}.", err=True)


def _checkpoint(path: Path) -> "Checkpoint":
    import orjson

    from radiotheque.core.errors import Malformed, NotFound
    from radiotheque.security import from_json

    try:
        return from_json(orjson.loads(path.read_bytes()))
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise Malformed(f"{path} is no exported checkpoint") from error


def _resting(desk: "AuditDesk") -> "Checkpoint | None":
    place = desk.resting_place()
    found: Sequence[Checkpoint] = place.read() if place else ()
    return found[0] if found else None


def _tell(verdict: "Verdict", as_json: bool) -> None:
    finding = verdict.finding
    if as_json:
        told = {"lines": verdict.lines, "until": verdict.until.position, "waiting": verdict.waiting}
        show_json(told | {"finding": asdict(finding) if finding else None})
        return
    if finding is not None:
        typer.echo(f"{finding.what}: {finding.text}")
    whole = "whole" if finding is None else "NOT whole"
    typer.echo(f"{verdict.lines} lines looked at, up to line {verdict.until.position}: the chain is {whole}")
