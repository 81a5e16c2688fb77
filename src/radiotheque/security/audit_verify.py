"""Is the trail what was written? Every line is hashed again, in the order of the chain, beside a running server.

The first line that is not as it was linked is named, with what was done to it as far as that can be told; a chain that
ends before a checkpoint that was signed has lost its tail.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from radiotheque.core.ports import Clock
from radiotheque.database.engine import Database
from radiotheque.database.session import Row
from radiotheque.security.audit_chain import GENESIS, Checkpoint, Signer, is_signed, link
from radiotheque.security.audit_chainer import LATE_S, checkpoints
from radiotheque.security.audit_tables import COLUMNS, entry_of
from radiotheque.security.model import Entry

BATCH = 1000
NEAR = 200
"""So far away a line is looked for that was put in another's place."""

_LINES = f"""SELECT l.position, l.entry, l.sha256, l.caller, l.patient_id, l.issuer, {COLUMNS}
    FROM audit_link l LEFT JOIN audit a ON a.id = l.entry WHERE l.position > ? ORDER BY l.position LIMIT {BATCH}"""

type Progress = Callable[[Checkpoint, int], None]
"""Told up to where it has come without a fault, and how many lines there are."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, at which position of the chain and which row (0: none is known)."""

    what: str
    """altered, removed, reordered, added, truncated, rewritten, or checkpoint"""
    position: int
    row: int
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification came to: how many lines were looked at, up to which; how many have no link yet; the first fault."""

    lines: int
    until: Checkpoint
    waiting: int
    finding: Finding | None


class _Faulty(Exception):
    """Carries the finding out to where it is told."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


@dataclass(slots=True)
class _Tip:
    """How far it has come."""

    position: int = 0
    sha256: bytes = GENESIS
    row: int = 0
    lines: int = 0
    signed: int = -1  # the position of the last checkpoint seen, -1 for none


class Verifier:
    """Verifies the chain of a database. `outside` are checkpoints that lay elsewhere: beside the database, or exported."""

    def __init__(
        self, database: Database, clock: Clock, signer: Signer | None, outside: Sequence[Checkpoint] = ()
    ) -> None:
        self._database, self._clock, self._signer = database, clock, signer
        self._outside = sorted(outside, key=lambda each: each.position)

    def verify(self, start: Checkpoint | None = None, progress: Progress = lambda _done, _total: None) -> Verdict:
        """Look at every line behind `start` (whose link must stand), and give what came of it. Raises `Unavailable`."""
        tip = self._begin(start)
        finding: Finding | None = None
        try:
            self._check_outside(tip)
            self._look(tip, progress)
            self._check_rest(tip, whole=start is None)
        except _Faulty as fault:
            finding = fault.finding
        return Verdict(tip.lines, self._until(tip), self._waiting(tip.row), finding)

    def _until(self, tip: _Tip) -> Checkpoint:
        return Checkpoint(tip.position, tip.row, tip.sha256, self._clock.now(), about="verified")

    def _begin(self, start: Checkpoint | None) -> _Tip:
        """Begin behind `start` if it is signed and its link stands, else from the beginning."""
        if start is None or self._signer is None or not is_signed(start, self._signer.public):
            return _Tip(signed=0)
        with self._database.reader() as session:
            row = session.one("SELECT sha256 FROM audit_link WHERE position = ?", (start.position,))
        stands = row is not None and bytes(row[0]) == start.sha256
        return _Tip(start.position, start.sha256, start.row) if stands else _Tip(signed=0)

    def _look(self, tip: _Tip, progress: Progress) -> None:
        total = self._last_position()
        while lines := self._lines(tip.position):
            signed = self._signed(tip.position, lines[-1][0])
            for at, line in enumerate(lines):
                self._check_line(tip, line, lines[max(0, at - NEAR) : at + NEAR])
                for checkpoint in signed.get(tip.position, ()):
                    self._check_checkpoint(tip, checkpoint)
            progress(self._until(tip), max(total, tip.position))

    def _lines(self, after: int) -> list[Row]:
        with self._database.reader() as session:
            return session.all(_LINES, (after,))

    def _signed(self, after: int, until: int) -> dict[int, list[Checkpoint]]:
        """Give the checkpoints of the database behind a position and up to another, and those from outside, by position."""
        found: dict[int, list[Checkpoint]] = {}
        for each in (*self._stored(after, until), *self._outside):
            if after < each.position <= until:
                found.setdefault(each.position, []).append(each)
        return found

    def _stored(self, after: int, until: int) -> Iterator[Checkpoint]:
        while after < until:
            with self._database.reader() as session:
                some = checkpoints(session, after, until)
            if not some:
                return
            yield from some
            after = some[-1].position

    def _check_line(self, tip: _Tip, line: Row, near: Sequence[Row]) -> None:
        position, number, digest = line[0], line[1], bytes(line[2])
        if position != tip.position + 1:
            gone = f"lines {tip.position + 1} to {position - 1} of the chain are gone"
            raise _Faulty(Finding("removed", tip.position + 1, 0, gone))
        entry = _entry(line)
        if entry is None:
            text = f"line {position}, row {number}, is gone from the trail"
            raise _Faulty(Finding("removed", position, number, text))
        if link(tip.sha256, entry, position) != digest:
            raise _Faulty(_named(tip, position, number, (entry, digest, near)))
        if entry.caller != line[3]:
            raise _Faulty(Finding("altered", position, number, f"line {position} is filed under another caller"))
        tip.position, tip.sha256, tip.row, tip.lines = position, digest, max(tip.row, number), tip.lines + 1

    def _check_checkpoint(self, tip: _Tip, checkpoint: Checkpoint) -> None:
        at = checkpoint.position
        if self._signer is not None and not is_signed(checkpoint, self._signer.public):
            text = f"the checkpoint at position {at} is not signed by the key of this house ({self._signer.key_id})"
            raise _Faulty(Finding("checkpoint", at, checkpoint.row, text))
        if checkpoint.sha256 != tip.sha256:
            begin = max(tip.signed, 0) + 1
            text = f"the chain was written anew: between lines {begin} and {at} one is not what was signed"
            raise _Faulty(Finding("rewritten", begin, 0, text))
        if tip.signed >= 0 and checkpoint.previous > tip.signed:
            text = f"the checkpoint at position {checkpoint.previous} is gone"
            raise _Faulty(Finding("checkpoint", checkpoint.previous, 0, text))
        tip.signed = at

    def _check_outside(self, tip: _Tip) -> None:
        """Look at outside checkpoints behind which the verification begins: their links must stand still."""
        for each in self._outside:
            if each.position <= tip.position:
                with self._database.reader() as session:
                    row = session.one("SELECT sha256 FROM audit_link WHERE position = ?", (each.position,))
                if row is None or bytes(row[0]) != each.sha256:
                    text = f"the chain was written anew: line {each.position} is not what was signed"
                    raise _Faulty(Finding("rewritten", each.position, each.row, text))

    def _check_rest(self, tip: _Tip, *, whole: bool) -> None:
        """Say when the chain ends too soon, and when rows stand in the trail that no line names."""
        ahead = [
            *self._stored(tip.position, 1 << 62),
            *(each for each in self._outside if each.position > tip.position),
        ]
        if ahead and self._last_position() <= tip.position:
            last = max(ahead, key=lambda each: each.position)
            text = f"the tail is gone: the chain ends at line {tip.position}, and line {last.position} was signed"
            raise _Faulty(Finding("truncated", tip.position + 1, 0, text))
        if whole and (number := self._unnamed(tip)):
            text = f"row {number} stands in the trail, and no line of the chain names it: it was added past it"
            raise _Faulty(Finding("added", 0, number, text))

    def _unnamed(self, tip: _Tip) -> int:
        """Give the first row that should have a link and has none, 0 for none."""
        with self._database.reader() as session:
            rows = session.one("SELECT count(*) FROM audit WHERE id <= ?", (tip.row,)) or (0,)
            if rows[0] <= tip.lines:
                return 0
            late = f" AND a.at < {self._clock.now() - LATE_S}" if not session.words.one_writer else ""
            found = session.one(
                f"SELECT min(a.id) FROM audit a LEFT JOIN audit_link l ON l.entry = a.id WHERE a.id <= ?"
                f" AND l.entry IS NULL{late}",
                (tip.row,),
            )
        return int(found[0]) if found and found[0] is not None else 0

    def _last_position(self) -> int:
        with self._database.reader() as session:
            row = session.one("SELECT max(position) FROM audit_link")
        return int(row[0]) if row and row[0] is not None else 0

    def _waiting(self, row: int) -> int:
        with self._database.reader() as session:
            found = session.one("SELECT count(*) FROM audit WHERE id > ?", (row,))
        return int(found[0]) if found else 0


def _entry(line: Row) -> Entry | None:
    """Give the entry of a line, None when its row is gone."""
    if line[6] is None:
        return None
    entry = entry_of(line[6:])
    return replace(entry, patient_id=line[4], issuer=line[5])


def _named(tip: _Tip, position: int, number: int, found: tuple[Entry, bytes, Sequence[Row]]) -> Finding:
    """Say what became of a line: another line's row stands in its place, or it reads otherwise than when it was linked."""
    entry, digest, near = found
    others = [other for line in near if (other := _entry(line)) is not None and other.entry_id != entry.entry_id]
    for other in others:
        moved = replace(other, entry_id=entry.entry_id)
        if digest in (link(tip.sha256, other, position), link(tip.sha256, moved, position)):
            text = f"line {position} was linked with what row {other.entry_id} says now: lines changed places"
            return Finding("reordered", position, number, text)
    text = f"line {position}, row {number}, is not what was linked: it was altered, or a line before it was removed"
    return Finding("altered", position, number, text)
