"""Fuzzy matching of a patient's name as a condition on studies."""

from radiotheque.catalog.matching import ANYTHING, NOTHING, Condition
from radiotheque.catalog.names import Wanted, WordIndex, readings
from radiotheque.catalog.plan import FEW
from radiotheque.core.query import Empty, Level, ListOf, Match, Single, Wildcard
from radiotheque.database.session import Session


def name_condition(session: Session, index: WordIndex, match: Match) -> Condition:
    """Give a condition on the words of a name; `hint` holds SQL for the studies of its rarest word, to lead by."""
    if isinstance(match, Empty):
        return Condition("s.patient_name = ''", (), Level.PATIENT)
    keys = match.values if isinstance(match, ListOf) else (_text(match),)
    rows: dict[Wanted, list[int]] = {}
    options: list[list[list[int]]] = []
    for reading in (one for key in keys for one in readings(key)):
        if not reading:
            return Condition(ANYTHING, (), Level.PATIENT)
        for part in reading:
            if part not in rows:
                rows[part] = index.rows(session, part)
        if all(rows[part] for part in reading):
            options.append(sorted((rows[part] for part in reading), key=lambda ids: _borne(session, ids)))
    if not options:
        return Condition(NOTHING, (), Level.PATIENT)
    parameters = tuple(value for parts in options for part in parts for value in part)
    union = " UNION ".join(_all_of(parts, sqlite=session.is_sqlite) for parts in options)
    each = " OR ".join(map(_of_one_study, options))
    return Condition(f"s.id IN ({union})", parameters, Level.PATIENT, "words", (union,), f"({each})")


def _text(match: Match) -> str:
    return match.value if isinstance(match, Single) else match.pattern if isinstance(match, Wildcard) else ""


def _all_of(parts: list[list[int]], *, sqlite: bool) -> str:
    """Give the studies that bear one word of each part, led by the first part.

    PostgreSQL takes every word for one that few bear, and would compare all who bear one with all who bear the other; what
    gives a value it asks study by study.
    """
    first, *rest = parts
    asked = "EXISTS (SELECT 1 FROM {})" if sqlite else "(SELECT 1 FROM {} LIMIT 1) = 1"
    sql = f"SELECT w.study_id FROM study_word w WHERE w.word_id IN ({_marks(first)})"
    for part in rest:
        sql += " AND " + asked.format(f"study_word o WHERE o.study_id = w.study_id AND o.word_id IN ({_marks(part)})")
    return sql


def _of_one_study(parts: list[list[int]]) -> str:
    """Ask whether a study bears one word of each part, by its own few words and not by all studies of a word.

    The sum keeps both engines from the index that begins with the word; what gives a value they ask study by study.
    """
    asked = "(SELECT 1 FROM study_word o WHERE o.study_id = s.id AND o.word_id + 0 IN ({}) LIMIT 1) = 1"
    return " AND ".join(asked.format(_marks(part)) for part in parts)


def _borne(session: Session, ids: list[int]) -> int:
    """Count the studies that bear one of these words, up to what makes a difference."""
    row = session.one(
        f"SELECT count(*) FROM (SELECT 1 FROM study_word WHERE word_id IN ({_marks(ids)}) LIMIT {FEW}) f", ids
    )
    return int(row[0]) if row else 0


def _marks(values: list[int]) -> str:
    return ", ".join("?" * len(values))
