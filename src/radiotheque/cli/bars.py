"""Progress bars on long work: on a terminal, and never among what a script reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Show(Protocol):
    """Shows how far it is: `done` of `total` (None: nobody knows), and what there is to say of it."""

    def __call__(self, done: float, total: float | None, text: str = ...) -> None: ...


@contextmanager
def bar(doing: str, *, silent: bool) -> Iterator[Show | None]:
    """Give what shows how a long work goes on, on stderr; None with `silent` and where there is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if silent or not console.is_terminal:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(doing, total=None)

        def show(done: float, total: float | None, text: str = doing) -> None:
            progress.update(task, completed=done, total=total, description=text)

        yield show
