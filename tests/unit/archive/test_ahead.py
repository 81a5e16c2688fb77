"""What is likely looked at is encoded before anybody asks, and nothing else."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from radiotheque.archive.ahead import Ahead
from radiotheque.core.caller import Door
from radiotheque.core.errors import Busy, NotFound, Undecodable
from radiotheque.core.instance import Blob, BlobName, Edition, Identity, Location, Selection
from radiotheque.core.uid import UID
from radiotheque.security import house_caller

NOW = 1_800_000_000.0  # 2027-01-15
STUDY = UID("1.2")


def fact(instance: str, **changes: Any) -> dict[str, Any]:
    new = {"kind": "image", "for_processing": False, "modality": "DX", "acquired": "20270114120000"}
    return {"instance": instance, **new, **changes}


@dataclass
class House:
    """Facts of series, a catalog and renditions, all in one; notes what was encoded."""

    series: dict[str, list[dict[str, Any]]]
    gone: frozenset[str] = frozenset()
    fails: dict[str, Exception] = field(default_factory=dict)
    encoded: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def of(self, edition: Edition) -> list[dict[str, Any]]:
        self.asked.append(edition.series)
        return self.series[edition.series]

    def locate(self, selection: Selection, scope: Any) -> list[Location]:
        there = [instance for instance in selection.instances if instance not in self.gone]
        if not there:
            raise NotFound("nothing is there")
        return [located(instance) for instance in there]

    def viewed(self, location: Location, frame: int) -> tuple[bytes, bytes]:
        instance = location.identity.sop_instance
        if instance in self.fails:
            raise self.fails[instance]
        assert frame == 1
        self.encoded.append(instance)
        return b"", b""

    def render_model(self, location: Location, frame: int) -> bytes:
        assert (self.encoded[-1], frame) == (location.identity.sop_instance, 1)
        return b"{}"


def located(instance: str) -> Location:
    identity = Identity(UID("1"), UID(instance), STUDY, UID("1.3"), "P", "")
    return Location(identity, Blob(BlobName("k/1"), 1), UID("1.2.840.10008.1.2.1"), 0, 0, 1, 0)


def read(house: House, frames: int = 8) -> list[str]:
    editions = [Edition(STUDY, UID(series), 1, len(facts)) for series, facts in house.series.items()]
    scope = house_caller(Door.HOUSE, "radiotheque").scope
    Ahead(house, house, house, scope, frames, lambda: NOW).read(editions)  # type: ignore[arg-type]
    return house.encoded


def test_radiographs_of_the_last_month_are_encoded() -> None:
    facts = [
        fact("1.1"),
        fact("1.2", modality="CT"),
        fact("1.3", for_processing=True),
        fact("1.4", kind="presentation"),
        fact("1.5", acquired="20261210"),
        fact("1.6", acquired=""),
        fact("1.7", modality="MG", acquired="20261220"),
    ]
    assert read(House({"1.9": facts})) == ["1.1", "1.7"]


@pytest.mark.parametrize(("frames", "expected"), [(0, []), (1, ["1.1"]), (3, ["1.1", "1.2", "2.1"])])
def test_no_more_of_a_study_than_is_set(frames: int, expected: list[str]) -> None:
    house = House({"1.9": [fact("1.1"), fact("1.2")], "2.9": [fact("2.1"), fact("2.2")]})
    assert read(house, frames) == expected
    assert house.asked == ["1.9", "2.9"]


def test_what_cannot_be_read_or_is_gone_hinders_nothing() -> None:
    house = House({"1.9": [fact("1.1"), fact("1.2"), fact("1.3")]}, gone=frozenset({"1.2"}))
    house.fails["1.1"] = Undecodable("cut")
    assert read(house) == ["1.3"]
    assert read(House({"1.9": [fact("1.1")]}, gone=frozenset({"1.1"}))) == []


def test_a_busy_house_is_left_alone() -> None:
    house = House({"1.9": [fact("1.1"), fact("1.2")], "2.9": [fact("2.1")]})
    house.fails["1.2"] = Busy("no worker became free")
    assert read(house) == ["1.1"]
