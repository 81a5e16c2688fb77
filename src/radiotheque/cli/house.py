"""The house, opened for a command: without listeners, beside a running server if there is one."""

import getpass
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from radiotheque.core.caller import Caller, Door

if TYPE_CHECKING:
    from radiotheque.archive.archive import Archive
    from radiotheque.archive.deidentifying import Deidentification
    from radiotheque.archive.importing import Report
    from radiotheque.archive.sweep import Sweep
    from radiotheque.core.instance import Selection
    from radiotheque.core.peer import Peer
    from radiotheque.core.ports import BlobStore
    from radiotheque.database.engine import Database
    from radiotheque.security import Security
    from radiotheque.settings import Loaded, Settings

Data = Annotated[
    Path | None, typer.Option("--data", envvar="RADIOTHEQUE_DATA", help="Folder that holds the house.", metavar="DIR")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


class House(Protocol):
    """What the commands need of an open house; `app.build` gives it."""

    @property
    def archive(self) -> "Archive": ...
    @property
    def security(self) -> "Security": ...
    @property
    def originals(self) -> "BlobStore": ...
    @property
    def sweep(self) -> "Sweep": ...
    @property
    def database(self) -> "Database": ...
    @property
    def deidentification(self) -> "Deidentification": ...

    def importer(
        self, paths: "Sequence[Path]", report: "Report", caller: Caller, progress: "Callable[[Report], None]"
    ) -> None: ...
    def send(self, selection: "Selection", aet: str, caller: Caller) -> int: ...
    def hold(self, aet: str, caller: Caller, *, held: bool = True) -> int: ...
    def echo(self, peer: "Peer") -> float: ...
    def close(self) -> None: ...


def load(data: Path | None, **options: Any) -> "Loaded":
    """Give the checked settings. Raises `Malformed`."""
    from radiotheque.settings import load as load_settings

    return load_settings({"data": data, **options})


@contextmanager
def opened(data: Path | None) -> Iterator[House]:
    """Open the house for the block. Raises `Malformed` for wrong settings, `Unavailable`, `Refused`, `Damaged`."""
    from radiotheque.ops import configure_logs

    settings = load(data).settings
    configure_logs("warning", as_json=False)
    house = _build(settings)
    try:
        yield house
    finally:
        house.close()


def _build(settings: "Settings") -> House:
    from radiotheque.app import build

    return build(settings)


def me() -> Caller:
    """Give the caller of a command: whoever may read the data folder and the keys may do everything."""
    from radiotheque.security import house_caller

    return house_caller(Door.CLI, _user())


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "cli"


def show_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print a value as JSON."""
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their columns."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as text: what comes from outside is no markup
    Console().print(table)
