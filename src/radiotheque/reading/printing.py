"""Prints of images as their reader sees them, drawings of their draft on them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from radiotheque.archive.printing import Paper, Shot
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Unavailable
from radiotheque.core.uid import parse_uid
from radiotheque.reading.drafts import DraftDesk

type Print = Callable[[Sequence[Shot], Paper, Caller], bytes]
"""Prints shots; audited for each of their studies."""


class Printed(TypedDict):
    """One frame, from 1, and how it is seen."""

    study: str
    series: str
    instance: str
    frame: int
    view: dict[str, Any]


def prints_nothing(_shots: Sequence[Shot], _paper: Paper, _caller: Caller) -> bytes:
    """Print nothing, in a house that cannot. Raises `Unavailable`."""
    raise Unavailable("nothing can be printed here")


class PrintDesk:
    """Prints."""

    def __init__(self, drafts: DraftDesk, printer: Print) -> None:
        self._drafts, self._print = drafts, printer

    def print(self, images: Sequence[Printed], paper: Paper, caller: Caller) -> bytes:
        """Give the file. Raises `NotFound` for what the caller may not see, else as the printer."""
        drafts: dict[str, Mapping[str, Any]] = {}
        shots = []
        for each in images:
            study = parse_uid(each["study"])
            content = drafts.setdefault(study, self._drafts.of(study, caller))
            place = study, parse_uid(each["series"]), parse_uid(each["instance"])
            shots.append(Shot(*place, each["frame"], each["view"], content))
        return self._print(shots, paper, caller)
