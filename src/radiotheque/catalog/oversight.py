"""What an operator asks of rejections; nothing on the line waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from radiotheque.database.engine import Database


@dataclass(frozen=True, slots=True)
class Rejected:
    """One act of rejection; "" for series and instance means all of the study, or of the series."""

    study: str
    series: str
    instance: str
    code: str
    by: str
    at: float
    restored_by: str
    restored_at: float


@dataclass(frozen=True, slots=True)
class Oversight:
    """What was rejected, when and by whom."""

    database: Database

    def rejections(self, *, study: str = "", limit: int = 100) -> Sequence[Rejected]:
        """Give rejections, newest first, of one study or of all."""
        with self.database.reader() as session:
            rows = session.all(
                'SELECT study_uid, series_uid, instance_uid, code, "by", at, restored_by, restored_at FROM rejection'
                " WHERE study_uid = ? OR ? = '' ORDER BY id DESC LIMIT ?",
                (study, study, limit),
            )
        return [Rejected(*row) for row in rows]
