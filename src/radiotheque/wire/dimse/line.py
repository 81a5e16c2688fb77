"""What DIMSE needs of the archive, small enough to fake in a page; `archive.Archive` is one."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from radiotheque.core.caller import Caller
from radiotheque.core.instance import Incoming, Location, Receipt, Selection
from radiotheque.core.query import Found, Query
from radiotheque.core.uid import UID


class Outgoing(Protocol):
    """One instance on its way out; `message` yields its data set as a message carries it. Raises `Unsupported`."""

    @property
    def transfer_syntax(self) -> UID: ...
    def message(self) -> Iterator[bytes]: ...


class Line(Protocol):
    """The verbs of the archive that DICOM services call; see `archive.Archive` for their promises."""

    def receive(self, incoming: Incoming) -> Receipt: ...
    def find_each(self, query: Query, caller: Caller) -> Iterator[Found]: ...
    def locate(self, selection: Selection, caller: Caller, *, act: str, to: str = "") -> Sequence[Location]: ...
    def outgoing(self, location: Location, *, syntax: UID | None = None) -> Outgoing: ...
    def holds(self, wanted: Sequence[tuple[UID, UID]], caller: Caller) -> Sequence[int]: ...
