"""A reading room on a real catalog, its callers and studies, for the tests of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from contract.catalogs import ALL, Object, attributes
from radiotheque.catalog import Catalog
from radiotheque.core.caller import Caller, Door, Permission, Scope
from radiotheque.core.instance import Edition, Selection
from radiotheque.core.query import Page, Query
from radiotheque.core.uid import UID
from radiotheque.dicom.facts import Fact, fact_of
from radiotheque.reading import (
    Filters,
    Reading,
    Slice,
    Worklist,
)

HIDDEN = Scope(everything=True, deny=frozenset({"vip"}))


def reader(name: str, scope: Scope = ALL, **more: Any) -> Caller:
    return Caller(name, Door.API, via="basic", permissions=frozenset(Permission), scope=scope, **more)


LEA, MAX, NOA = reader("lea"), reader("max"), reader("noa", HIDDEN)
GUEST = replace(LEA, name="guest", permissions=frozenset({Permission.STUDY_FIND, Permission.STUDY_VIEW}))


@dataclass
class Line:
    """The archive's verbs on a catalog, without audit: that is the archive's own."""

    catalog: Catalog
    asked: list[Query] = field(default_factory=list)

    def find(self, query: Query, caller: Caller) -> Page:
        self.asked.append(query)
        return self.catalog.find(query, caller.scope)

    def editions(self, selection: Selection, caller: Caller) -> Sequence[Edition]:
        return self.catalog.editions(selection, caller.scope)


@dataclass
class Facts:
    """Facts made up of UIDs: each instance is a frontal image of its series."""

    catalog: Catalog
    views: dict[str, str] = field(default_factory=dict)

    def of(self, edition: Edition) -> Sequence[Fact]:
        view = self.views.get(edition.study, "PA")
        return [self._fact(f"{edition.series}.{number}", view) for number in range(1, edition.instances + 1)]

    def _fact(self, instance: str, view: str) -> Fact:
        given = {"00080016": "1.2.840.10008.5.1.4.1.1.1.1", "00080018": instance, "00080060": "DX", "00185101": view}
        return fact_of({tag: {"vr": "CS", "Value": [value]} for tag, value in given.items()})

    at_hand = of

    def editions(self, selection: Selection, scope: Scope) -> Sequence[Edition]:
        return self.catalog.editions(selection, scope)


def study(number: int, patient: str = "", **given: str) -> Object:
    about = {
        "StudyDate": f"202303{number:02d}",
        "StudyTime": "101500",
        "PatientName": "DUPONT^Léa",
        "PatientBirthDate": "19800615",
        "Modality": "DX",
        "AccessionNumber": f"A{number}",
        "StationName": "BUCKY1",
        "BodyPartExamined": "CHEST",
    }
    uid = f"1.2.{number}"
    return Object(uid, f"{uid}.1", f"{uid}.1.1", patient or f"P{number}", attributes=attributes(**about | given))


def shown(page: Worklist) -> list[str]:
    return [row["study"] for row in page["studies"]]


def ask(reading: Reading, caller: Caller = LEA, part: Slice = Slice(), **filters: Any) -> list[str]:  # noqa: B008
    return shown(reading.worklist.page(Filters(**filters), part, caller))


def uid(number: int) -> UID:
    return UID(f"1.2.{number}")


def news(reading: Reading, caller: Caller = LEA, behind: int = 0) -> list[tuple[str, dict[str, Any]]]:
    return [(one.name, one.data) for one in reading.live.since(behind, caller)[1]]


def drawn(number: int) -> dict[str, Any]:
    """Give a draft with one line, so many pixels long."""
    line = {
        "id": f"a{number}",
        "kind": "length",
        "instance": f"{uid(1)}.1.1",
        "frame": 1,
        "points": [[0, 0], [number, 0]],
    }
    return {"annotations": [line], "key_images": [], "views": [], "calibrations": []}


def ids(draft: Any) -> list[str]:
    return [one["id"] for one in draft["annotations"]]


def now(reading: Reading) -> int:
    """Give the position of the last event, once all that was told has one."""
    return reading.live.since(0, LEA)[0]
