"""Facts of a series: read once, kept by revision, read again when the study changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from radiotheque.archive.facts import SeriesFacts
from radiotheque.core.instance import Buffer, Edition
from radiotheque.core.uid import UID


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


def edition(revision: int) -> Edition:
    return Edition(UID("1.2"), UID("1.2.3"), revision, 2)


def test_headers_are_read_once_while_nothing_changes() -> None:
    joiner = Joiner()
    facts = SeriesFacts(Derived(), joiner, lambda selection, scope: ())  # type: ignore[arg-type]
    assert facts.at_hand(edition(1)) is None
    assert [fact["view"] for fact in facts.of(edition(1))] == ["PA", "PA"]
    assert [fact["instance"] for fact in facts.of(edition(1))] == ["1.2", "1.2"]
    assert joiner.reads == 1
    assert facts.at_hand(edition(1)) == facts.of(edition(1))


def test_a_study_that_was_changed_is_read_again() -> None:
    joiner = Joiner()
    facts = SeriesFacts(Derived(), joiner, lambda selection, scope: ())  # type: ignore[arg-type]
    facts.of(edition(1))
    joiner.view = "LL"
    assert [fact["view"] for fact in facts.of(edition(2))] == ["LL", "LL"]
    assert facts.at_hand(edition(1)) is None


def test_what_was_evicted_or_damaged_is_made_anew() -> None:
    derived, joiner = Derived(), Joiner()
    facts = SeriesFacts(derived, joiner, lambda selection, scope: ())  # type: ignore[arg-type]
    facts.of(edition(1))
    [name] = derived.kept
    derived.kept[name] = b"{}"
    assert facts.at_hand(edition(1)) is None
    derived.evict("")
    assert len(facts.of(edition(1))) == 2
