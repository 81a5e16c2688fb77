"""What must hold of a house after whatever happened to it, told from a ledger that the house never sees."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radiotheque.app import House, build
from radiotheque.core.caller import Caller, Door
from radiotheque.core.instance import Location, Outcome, Selection
from radiotheque.core.query import Found, Key, Level, ListOf, Query
from radiotheque.core.uid import UID
from radiotheque.ops import verify
from radiotheque.security import house_caller
from radiotheque.settings import Settings

SHOWN = (Outcome.KEPT, Outcome.DUPLICATE)


@dataclass(slots=True)
class Ledger:
    """What was offered to a house and what it promised to have kept, in a file that outlives every process.

    A line is written before an object is offered and after its answer, so a promise is never forgotten.
    """

    path: Path
    _fd: int = -1

    def offered(self, instance: str, sha256: str) -> None:
        """Note an object before it is offered."""
        self._write({"instance": instance, "sha256": sha256})

    def promised(self, instance: str, sha256: str, outcome: str) -> None:
        """Note the answer of the house."""
        self._write({"instance": instance, "sha256": sha256, "outcome": outcome})

    def _write(self, line: dict[str, str]) -> None:
        if self._fd < 0:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(self._fd, json.dumps(line).encode() + b"\n")

    def read(self) -> "Promises":
        """Give what it says."""
        promises = Promises()
        text = self.path.read_text() if self.path.exists() else ""
        for line in map(json.loads, text.splitlines()):
            key = line["instance"], line["sha256"]
            if "outcome" in line:
                promises.kept[key] = Outcome(line["outcome"])
            else:
                promises.offered.add(key)
        return promises


@dataclass(slots=True)
class Promises:
    """(SOP Instance UID, SHA-256 of the data set) of all that was offered, and of what was acknowledged, with the outcome."""

    offered: set[tuple[str, str]] = field(default_factory=set)
    kept: dict[tuple[str, str], Outcome] = field(default_factory=dict)


def settings_for(place: Path, *, sealing: bool, **wishes: Any) -> Settings:
    """Give the settings of a house all below `place`, its keys beside its data."""
    chosen: dict[str, Any] = {
        "data": place / "data",
        "keys": place / "keys",
        "sealing": sealing,
        "demo_keys": True,
        "free_space_reserve_percent": 0,
    }
    return Settings(**chosen | wishes)


@contextmanager
def house_at(place: Path, *, sealing: bool, **wishes: Any) -> Iterator[House]:
    """Open the house below `place` for the block."""
    house = build(settings_for(place, sealing=sealing, **wishes))
    try:
        yield house
    finally:
        house.close()


def me() -> Caller:
    """Give a caller who may do everything."""
    return house_caller(Door.CLI, "truth")


def shown(house: House, level: Level, instances: Iterable[str] = ()) -> list[Found]:
    """Give all matches that the archive shows, page by page as QIDO-RS asks for them."""
    wanted = tuple(instances)
    keys = (Key("SOPInstanceUID", ListOf(wanted)),) if wanted else ()
    counts = ("NumberOfStudyRelatedInstances", "NumberOfSeriesRelatedInstances", "NumberOfStudyRelatedSeries")
    found: list[Found] = []
    after = ""
    while True:
        page = house.archive.find(Query(level, keys, returned=counts, limit=500, after=after), me())
        found += page.matches
        after = page.next_cursor
        if not after:
            return found


def uid_of(found: Found, keyword: str) -> str:
    """Give the first value of an attribute of a match."""
    return found.attributes[keyword][0]


def dataset_sha256(house: House, location: Location) -> str:
    """Give the SHA-256 of a located data set, read by the way that the wires read it."""
    outgoing = house.archive.outgoing(location)
    digest = hashlib.sha256()
    for chunk in outgoing.chunks(outgoing.dataset_offset):
        digest.update(chunk)
    return digest.hexdigest()


def located(house: House, studies: Iterable[str]) -> dict[str, Location]:
    """Give where all shown instances of studies are, by SOP Instance UID."""
    found: dict[str, Location] = {}
    for study in studies:
        selection = Selection(Level.STUDY, studies=(UID(study),))
        for location in house.archive.locate(selection, me(), act="retrieve"):
            found[location.identity.sop_instance] = location
    return found


def check(house: House, promises: Promises) -> dict[str, str]:
    """Prove that no promise is broken and nothing is half there; give {SOP Instance UID: SHA-256} of what is shown.

    Every shown row's blob reads and hashes to what was offered under its UID; every count is that of the rows;
    every shown instance has one event in the feed; every acknowledged object is shown, or in quarantine where that
    was the answer; and every row of the index has its bytes.
    """
    images = shown(house, Level.IMAGE)
    studies = {uid_of(image, "StudyInstanceUID") for image in images}
    there = located(house, studies)
    assert set(there) == {uid_of(image, "SOPInstanceUID") for image in images}, "find and locate disagree"
    hashes = {instance: dataset_sha256(house, location) for instance, location in there.items()}
    for instance, sha256 in hashes.items():
        assert (instance, sha256) in promises.offered, f"{instance} is shown with bytes that nobody sent"
    _check_counts(house, images)
    _check_events(house, hashes)
    _check_promises(house, promises, hashes)
    assert list(verify(house.database, house.blobs)) == [], "a row names bytes that do not check out"
    return hashes


def _check_counts(house: House, images: list[Found]) -> None:
    by_study = Counter(uid_of(image, "StudyInstanceUID") for image in images)
    by_series = Counter(uid_of(image, "SeriesInstanceUID") for image in images)
    said = {
        uid_of(study, "StudyInstanceUID"): int(uid_of(study, "NumberOfStudyRelatedInstances"))
        for study in shown(house, Level.STUDY)
    }
    assert said == dict(by_study), "the counts of studies are not those of their rows"
    said = {
        uid_of(series, "SeriesInstanceUID"): int(uid_of(series, "NumberOfSeriesRelatedInstances"))
        for series in shown(house, Level.SERIES)
    }
    assert said == dict(by_series), "the counts of series are not those of their rows"


def _check_events(house: House, hashes: dict[str, str]) -> None:
    told: Counter[str] = Counter()
    position = 0
    while changes := house.catalog.feed.changes(position, 1000, me().scope):
        told.update(change.payload["instance"] for change in changes if change.kind == "InstanceKept")
        position = changes[-1].position
    assert told == Counter(hashes.keys()), "an instance without its event, or an event without its instance"


def _check_promises(house: House, promises: Promises, hashes: dict[str, str]) -> None:
    cases = {
        (case.identity.sop_instance, case.blob.dataset_sha256.hex()) for case in house.catalog.cases(limit=100_000)
    }
    for (instance, sha256), outcome in promises.kept.items():
        if outcome in SHOWN:
            assert hashes.get(instance) == sha256, f"{instance} was acknowledged as {outcome} and is not there"
        else:
            assert (instance, sha256) in cases, f"{instance} was acknowledged as {outcome} and has no case"


def sweep_all(house: House) -> tuple[int, int]:
    """Sweep without a period of grace; give (found again, orphans noted). Afterwards every blob has its row."""
    names = list(house.blobs.names())
    swept = house.sweep.run(house.clock.now(), grace_s=0)
    after = set(house.blobs.names())  # what lay under another key than its study's is kept again under that
    assert len(names) <= swept.seen <= len(after), "the sweep did not see every blob"
    assert after >= set(names), "the sweep removed something"
    assert house.catalog.named(after) == after, "a blob is still without a row after the sweep"
    again = house.sweep.run(house.clock.now(), grace_s=0)
    assert (again.found_again, again.orphans) == (0, 0), "a second sweep changed something"
    return swept.found_again, swept.orphans
