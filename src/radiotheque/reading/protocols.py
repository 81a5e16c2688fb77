"""Hanging protocols: which images go where, as data; those that every house needs are shipped beside this module."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypedDict, cast

from radiotheque.core.caller import Caller
from radiotheque.core.errors import Malformed, NotFound, NotPermitted
from radiotheque.reading.documents import Document, Documents, Written

MOST_CELLS = 64
BUILT_IN = "builtin:"
"""How the id of a shipped protocol begins."""


class Matching(TypedDict):
    """Which studies a protocol is for; [] and 0 ask for nothing.

    One of the modalities and one of the body parts must be there, and each of the views and sides.
    """

    modalities: list[str]
    body_parts: list[str]
    views: list[str]
    laterality: list[str]
    min_images: int
    max_images: int


class Selecting(TypedDict):
    """Which image of a study goes into a slot: one of these views and sides; `index` counts from 1, 0 takes all as a stack."""

    view: list[str]
    laterality: list[str]
    index: int


# "from" is a word of Python, so this cannot be a class
Slot = TypedDict(
    "Slot",
    {
        "row": int,
        "column": int,
        "from": Literal["current", "prior"],
        "prior": int,
        "select": Selecting,
        "align": Literal["left", "right", "centre"],
        "same_scale": bool,
    },
)
"""A place of the grid, row and column counted from 0, and the study that it is filled from.

`prior` counts priors from 1, the best first; `align` is the edge at which the image stands; `same_scale`: all places of
the protocol that say so show the same millimetres.
"""


class Protocol(TypedDict):
    """A hanging protocol. The highest priority that matches is taken; a shipped one cannot be changed, only copied."""

    id: str
    name: str
    version: int
    shared: bool
    owner: str
    built_in: bool
    priority: int
    match: Matching
    rows: int
    columns: int
    slots: list[Slot]


class ProtocolDesk:
    """Keeps hanging protocols."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def all(self, caller: Caller) -> Sequence[Protocol]:
        """Give the caller's protocols, the shared ones and those shipped; the highest priority first."""
        kept = [_protocol(document) for document in self._documents.seen_by(caller)]
        return sorted((*kept, *built_in()), key=lambda protocol: -protocol["priority"])

    def add(self, written: Written, caller: Caller) -> Protocol:
        """Keep a new protocol. Raises `Malformed`, `Conflict`, `NotPermitted`."""
        check(written.content)
        return _protocol(self._documents.add(written, caller))

    def replace(self, name: str, version: int, written: Written, caller: Caller) -> Protocol:
        """Write a protocol anew. Raises `Malformed`, `NotFound`, `NotPermitted`, `Outdated`, `Conflict`."""
        check(written.content)
        return _protocol(self._documents.replace(_number(name), version, written, caller))

    def remove(self, name: str, version: int | None, caller: Caller) -> None:
        """Forget a protocol. Raises `NotFound`, `NotPermitted`, `Outdated`."""
        self._documents.remove(_number(name), version, caller)


def check(content: Mapping[str, Any]) -> None:
    """Say whether every slot lies in the grid, and none upon another. Raises `Malformed`."""
    places = [(slot["row"], slot["column"]) for slot in content["slots"]]
    if content["rows"] * content["columns"] > MOST_CELLS:
        raise Malformed("a protocol has at most {most} places", most=MOST_CELLS)
    if any(row >= content["rows"] or column >= content["columns"] for row, column in places):
        raise Malformed("a slot lies outside the rows and columns of its protocol")
    if len(set(places)) < len(places):
        raise Malformed("two slots lie at the same place")


@cache
def built_in() -> tuple[Protocol, ...]:
    """Give the protocols that are shipped."""
    text = (files("radiotheque.reading") / "builtin" / "protocols.json").read_text("utf-8")
    common = {"version": 1, "shared": True, "owner": "", "built_in": True}
    return tuple(cast(Protocol, {**common, **given}) for given in json.loads(text))


def _number(name: str) -> int:
    if name.startswith(BUILT_IN):
        raise NotPermitted("a shipped protocol stays as it is; copy it and change the copy")
    if not name.isdecimal() or len(name) > 18:
        raise NotFound("there is no such protocol")
    return int(name)


def _protocol(document: Document) -> Protocol:
    own: dict[str, Any] = {name: getattr(document, name) for name in ("name", "shared", "owner", "version")}
    return cast(Protocol, {"id": str(document.id), **own, "built_in": False, **document.content})
