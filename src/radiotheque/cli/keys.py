"""`radiotheque keys`: the recovery key, given out and taken back."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from radiotheque.cli.house import Data, load, me, opened

app = typer.Typer(help="The recovery key: with it and the key folder every study can be read.", no_args_is_help=True)


@app.command("export")
def export_key(data: Data = None) -> None:
    """Print the recovery key. Keep it on paper, apart from images and keys; from now on objects are taken in."""
    from radiotheque.core.errors import Refused
    from radiotheque.keys import export_recovery, open_ring

    settings = load(data).settings
    if not settings.sealing:
        raise Refused("sealing is off: there are no keys to export")
    ring = open_ring(settings.keys, settings.second_keys, data_folder=settings.data)
    try:
        typer.echo(export_recovery(ring))
    finally:
        ring.close()
    _note(data, "key.export")


@app.command("import")
def import_key(
    data: Data = None,
    file: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="Read the key from a file.")] = None,
) -> None:
    """Restore the master key from a recovery key (asked for, or read from standard input), next to its key log."""
    from radiotheque.keys import import_recovery
    from radiotheque.keys.folder import KeyFolders

    settings = load(data).settings
    import_recovery(_recovery_key(file), KeyFolders(settings.keys, settings.second_keys))
    typer.echo(f"The master key is back in {settings.keys}.", err=True)
    _note(data, "key.import")


def _note(data: Path | None, kind: str) -> None:
    """Put the use of the recovery key into the audit trail. Where that cannot be opened the key is of more use than the line."""
    from radiotheque.core.errors import RadiothequeError
    from radiotheque.core.ports import Act

    try:
        with opened(data) as house:
            house.security.audit.read(Act(me(), kind))
    except RadiothequeError as error:
        typer.echo(f"This is not in the audit trail: {error}", err=True)


def _recovery_key(file: Path | None) -> str:
    from radiotheque.core.errors import NotFound

    if file is not None:
        try:
            return file.read_text("utf-8")
        except OSError as error:
            raise NotFound(f"{file} cannot be read: {error.strerror}") from error
    if sys.stdin.isatty():
        typed: str = typer.prompt("Recovery key")
        return typed
    return sys.stdin.read()
