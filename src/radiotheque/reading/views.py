"""Saved views of the worklist: filters, columns and order under a name, one's own or shared."""

from collections.abc import Sequence
from typing import Any, TypedDict, cast

from radiotheque.core.caller import Caller
from radiotheque.reading.documents import Document, Documents, Written
from radiotheque.reading.model import Direction


class ViewQuery(TypedDict, total=False):
    """The filters of a view, by the names of the worklist's own parameters; "today" and "7d" are dates then, not now."""

    q: str
    status: list[str]
    priority: list[str]
    modality: list[str]
    body_part: list[str]
    since: str
    until: str
    mine: bool


class View(TypedDict):
    """A saved view."""

    id: int
    name: str
    shared: bool
    owner: str
    version: int
    query: ViewQuery
    columns: list[str]
    sort: str
    order: Direction


class ViewDesk:
    """Keeps saved views."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def all(self, caller: Caller) -> Sequence[View]:
        """Give the caller's views and the shared ones, by name."""
        return [_view(document) for document in self._documents.seen_by(caller)]

    def add(self, written: Written, caller: Caller) -> View:
        """Keep a new view. Raises `Conflict`, `NotPermitted`."""
        return _view(self._documents.add(written, caller))

    def replace(self, number: int, version: int, written: Written, caller: Caller) -> View:
        """Write a view anew. Raises `NotFound`, `NotPermitted`, `Outdated`, `Conflict`."""
        return _view(self._documents.replace(number, version, written, caller))

    def remove(self, number: int, version: int | None, caller: Caller) -> None:
        """Forget a view. Raises `NotFound`, `NotPermitted`, `Outdated`."""
        self._documents.remove(number, version, caller)


def _view(document: Document) -> View:
    own: dict[str, Any] = {name: getattr(document, name) for name in ("id", "name", "shared", "owner", "version")}
    return cast(View, {**own, **document.content})
