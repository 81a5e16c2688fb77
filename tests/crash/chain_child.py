"""Writes to the trail and links it as fast as it can, until it is killed: `python -m crash.chain_child FOLDER`.

Says a line when it has begun.
"""

import sys
from pathlib import Path

from radiotheque.core.caller import Caller, Door
from radiotheque.core.ports import Act
from radiotheque.database.engine import open_database
from radiotheque.security import AuditPlace, Source, open_room

ME = Caller("jean.martin", Door.API, "192.0.2.7", "session")
SEED = bytes(range(32))


class Hurried:
    """A clock that runs so fast that a checkpoint is due at every turn, and every lease has run out."""

    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        self.at += 61.0
        return self.at


def main(folder: Path, run: int) -> None:
    """Work until killed."""
    database = open_database(folder / "index.db")
    room = open_room(database, Hurried(1e9 + 1e7 * run), place=AuditPlace(Source("pacs"), folder / "audit", SEED))
    print("begun", flush=True)
    number = 0
    while True:
        for _ in range(7):
            number += 1
            database.write(lambda tx, n=number: room.audit.wrote(tx, Act(ME, "store", study=f"{run}.{n}")))  # type: ignore[misc]
        room.desk.chain.turn()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
