"""Lists of studies that a room keeps, by name: which are unread, who reads them, what part of the body they show.

A list is in order of date, so it leads to its studies as `study_modality` does, and asking for it scans nothing.
Whether a study shows is asked of the study itself.
"""

from collections.abc import Callable, Iterable

from radiotheque.catalog.matching import Condition
from radiotheque.core.instance import Header
from radiotheque.core.ports import Transaction
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.database.engine import session_of

type ListsFor = Callable[[Header, bool], Iterable[str]]
"""Gives the lists that a study comes on with an instance that begins a series; True when it begins the study too."""

ADD = "INSERT INTO study_list(list, date, time, study_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_ADD_BY_UID = """INSERT INTO study_list(list, date, time, study_id)
    SELECT CAST(? AS text), date, time, id FROM study WHERE uid = ? ON CONFLICT DO NOTHING"""
_DROP = "DELETE FROM study_list WHERE study_id = (SELECT id FROM study WHERE uid = ?) AND list IN ({marks})"


def no_lists(_header: Header, _fresh: bool) -> Iterable[str]:
    """Give none."""
    return ()


def on_one_of(names: tuple[str, ...]) -> Condition:
    """Give the condition that a study is on one of these lists."""
    return Condition(f"EXISTS {_on(names)}", names, Level.STUDY, "list", names)


def on_none_of(names: tuple[str, ...]) -> Condition:
    """Give the condition that a study is on none of these lists."""
    return Condition(f"NOT EXISTS {_on(names)}", names)


def _on(names: tuple[str, ...]) -> str:
    return f"(SELECT 1 FROM study_list l2 WHERE l2.study_id = s.id AND l2.list IN ({', '.join('?' * len(names))}))"


class StudyLists:
    """Puts studies on lists and takes them off; the one way for a room to do so."""

    def move(self, tx: Transaction, study: UID, *, on: Iterable[str] = (), off: Iterable[str] = ()) -> None:
        """Take a study off some lists, then put it on others. Idempotent; a study that is not kept is on none."""
        session, gone = session_of(tx), tuple(off)
        if gone:
            session.run(_DROP.format(marks=", ".join("?" * len(gone))), (study, *gone))
        session.many(_ADD_BY_UID, [(name, study) for name in on])
