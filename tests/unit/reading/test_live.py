"""What a worklist is told of the change feed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from radiotheque.core.caller import Caller, Door, Scope
from radiotheque.core.ports import Act
from radiotheque.reading.live import Live, News

LEA = Caller("lea", Door.API, scope=Scope(allow=frozenset({"ward"})))


@dataclass(frozen=True)
class Event:
    position: int
    kind: str
    payload: dict[str, Any]


@dataclass
class Feed:
    events: list[Event] = field(default_factory=list)
    forgotten: int = 0
    scopes: list[Scope] = field(default_factory=list)

    def changes(self, after: int, limit: int, scope: Scope) -> Sequence[Event]:
        self.scopes.append(scope)
        return [event for event in self.events if event.position > after][:limit]

    def start(self) -> int:
        return self.forgotten

    def last_position(self) -> int:
        return self.events[-1].position if self.events else self.forgotten


@dataclass
class Trail:
    acts: list[Act] = field(default_factory=list)

    def read(self, act: Act) -> None:
        self.acts.append(act)

    def wrote(self, tx: object, act: Act) -> None:
        raise AssertionError


def test_many_instances_of_a_study_are_one_piece_of_news() -> None:
    kept = [Event(number, "InstanceKept", {"study": "1.2", "instance": f"1.{number}"}) for number in range(1, 40)]
    live = Live(Feed([*kept, Event(40, "InstanceKept", {"study": "1.3"})]), Trail())
    assert live.since(0, LEA) == (40, [News(39, "study", {"study": "1.2"}), News(40, "study", {"study": "1.3"})])
    assert live.since(40, LEA) == (40, [])


def test_a_take_over_is_told_with_both_names() -> None:
    event = Event(1, "ReadingChanged", {"study": "1.2", "reader": "max", "taken_from": "lea"})
    _, news = Live(Feed([event]), Trail()).since(0, LEA)
    assert news == [News(1, "status", {"study": "1.2", "reader": "max", "taken_from": "lea"})]


def test_what_a_worklist_does_not_show_moves_the_position_alone() -> None:
    feed = Feed([Event(7, "InstanceQuarantined", {"case": 1, "reason": "policy"})])
    assert Live(feed, Trail()).since(3, LEA) == (7, [])


def test_changes_are_asked_for_within_the_callers_scope() -> None:
    feed = Feed([Event(1, "StudySettled", {"study": "1.2"})])
    Live(feed, Trail()).since(0, LEA)
    assert feed.scopes == [LEA.scope]


def test_who_missed_what_is_kept_no_longer_is_told_to_load_anew() -> None:
    feed = Feed([Event(9, "StudySettled", {"study": "1.2"})], forgotten=5)
    assert Live(feed, Trail()).since(4, LEA) == (9, [News(9, "reload", {})])
    assert Live(feed, Trail()).since(5, LEA)[1] == [News(9, "study", {"study": "1.2"})]
    assert Live(feed, Trail()).since(20, LEA) == (9, [News(9, "reload", {})])  # of a database that was put back


def test_to_begin_to_follow_is_audited() -> None:
    trail = Trail()
    assert Live(Feed(forgotten=3), trail).now(LEA) == 3
    assert [act.kind for act in trail.acts] == ["worklist.follow"]
