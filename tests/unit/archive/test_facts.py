"""Facts of a series: read once, kept by revision, read again when the study changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from radiotheque.archive.facts import SeriesFacts
from radiotheque.core.errors import TooLarge
from radiotheque.core.instance import Buffer, Edition
from radiotheque.core.uid import UID
from radiotheque.dicom.facts import fact_of


@dataclass
class Derived:
    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, data: bytes) -> None:
        self.kept[name] = data

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def evict(self, prefix: str) -> None:
        self.kept.clear()


@dataclass
class Joiner:
    """Gives two headers in three pieces, as the joined metadata of a series come."""

    view: str = "PA"
    reads: int = 0

    def joined(self, editions: Sequence[Edition], base: str) -> Iterator[list[Buffer]]:
        self.reads += 1
        header = orjson.dumps(
            {"00080018": {"vr": "UI", "Value": ["1.2"]}, "00185101": {"vr": "CS", "Value": [self.view]}}
        )
        yield [header[:10], header[10:] + b",", header]


def facts_of(derived: Derived, joiner: object, apart: Sequence[str] = ()) -> SeriesFacts:
    alone = [fact_of({"00080018": {"Value": [instance]}}) for instance in apart]
    return SeriesFacts(derived, joiner, lambda selection, scope: (), lambda edition: alone)  # type: ignore[arg-type]


def edition(revision: int) -> Edition:
    return Edition(UID("1.2"), UID("1.2.3"), revision, 2)


def test_headers_are_read_once_while_nothing_changes() -> None:
    joiner = Joiner()
    facts = facts_of(Derived(), joiner)
    assert facts.at_hand(edition(1)) is None
    assert [fact["view"] for fact in facts.of(edition(1))] == ["PA", "PA"]
    assert [fact["instance"] for fact in facts.of(edition(1))] == ["1.2", "1.2"]
    assert joiner.reads == 1
    assert facts.at_hand(edition(1)) == facts.of(edition(1))


def test_a_study_that_was_changed_is_read_again() -> None:
    joiner = Joiner()
    facts = facts_of(Derived(), joiner)
    facts.of(edition(1))
    joiner.view = "LL"
    assert [fact["view"] for fact in facts.of(edition(2))] == ["LL", "LL"]
    assert facts.at_hand(edition(1)) is None


def test_what_was_evicted_or_damaged_is_made_anew() -> None:
    derived, joiner = Derived(), Joiner()
    facts = facts_of(derived, joiner)
    facts.of(edition(1))
    [name] = derived.kept
    derived.kept[name] = b"{}"
    assert facts.at_hand(edition(1)) is None
    derived.evict("")
    assert len(facts.of(edition(1))) == 2


class Overfull:
    """Cannot join a series, since one of its headers is too large."""

    def joined(self, editions: Sequence[Edition], base: str) -> Iterator[list[Buffer]]:
        raise TooLarge("the deflated data set grows beyond a limit")


def test_one_header_that_cannot_be_read_does_not_hide_the_others() -> None:
    derived = Derived()
    facts = facts_of(derived, Overfull(), apart=["1.2", "1.3"])
    assert [fact["instance"] for fact in facts.of(edition(1))] == ["1.2", "1.3"]
    assert derived.kept == {}  # what was not read whole is read again
