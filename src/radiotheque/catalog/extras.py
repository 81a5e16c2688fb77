"""Configured attributes that are no columns, kept by value so that they can be matched on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from radiotheque.core.names import fold
from radiotheque.core.query import Level
from radiotheque.database.session import Session

_LEVELS = (Level.STUDY, Level.SERIES, Level.IMAGE)
_ADD = """INSERT INTO extra_value(level, row, attribute, number, value, fold) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Extras:
    """Attributes that are indexed beside the columns, each at its level (STUDY, SERIES or IMAGE).

    A study or series takes the values of the first of its instances that bears the attribute.
    """

    levels: Mapping[str, Level] = field(default_factory=dict)

    def forget_others(self, session: Session) -> None:
        """Forget the values of attributes that are not configured."""
        names = list(self.levels)
        kept = f"WHERE attribute NOT IN ({', '.join('?' * len(names))})" if names else ""
        session.run(f"DELETE FROM extra_value {kept}", names)

    def add(self, session: Session, attributes: Mapping[str, tuple[str, ...]], rows: tuple[int, int, int]) -> None:
        """Keep the values that an instance brings; `rows` are those of its study, its series and itself."""
        if not self.levels:
            return
        row_of = dict(zip(_LEVELS, rows, strict=True))
        session.many(
            _ADD,
            [
                (level.value, row_of[level], attribute, number, value, fold(value))
                for attribute, level in self.levels.items()
                for number, value in enumerate(attributes.get(attribute, ()))
            ],
        )
