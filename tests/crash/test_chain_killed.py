"""kill -9 of who links the audit trail, at moments nobody chose: the chain stays whole, and every row gets its link."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

from crash.chain_child import ME, SEED, Hurried
from crash.nursery import TESTS
from radiotheque.database.engine import open_database
from radiotheque.security import AuditPlace, Source, open_room

KILLS = 8


def killed(folder: Path, run: int, after_s: float) -> None:
    """Let a child link until it is killed."""
    child = subprocess.Popen(
        [sys.executable, "-m", "crash.chain_child", str(folder), str(run)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])},
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "begun"
    threading.Event().wait(after_s)
    child.send_signal(signal.SIGKILL)
    assert child.wait(30) == -signal.SIGKILL
    child.stdout.close()


def test_a_chain_is_whole_whenever_its_process_was_killed(tmp_path: Path) -> None:
    chance = random.Random(4)
    lines = 0
    for run in range(KILLS):
        killed(tmp_path, run, chance.uniform(0.02, 0.4))
        with open_database(tmp_path / "index.db") as database:
            room = open_room(
                database, Hurried(1e9 + 1e7 * run + 9e6), place=AuditPlace(Source("pacs"), tmp_path / "audit", SEED)
            )
            verdict = room.desk.verify(ME, progress=lambda _until, _total: None)
            room.close()
            assert verdict.finding is None
            with database.reader() as session:
                (unlinked,) = session.one(
                    "SELECT count(*) FROM audit a LEFT JOIN audit_link l ON l.entry = a.id"
                    " WHERE l.entry IS NULL AND a.kind = 'store'"
                ) or (0,)
            assert unlinked == 0
            assert verdict.lines > lines
            lines = verdict.lines
