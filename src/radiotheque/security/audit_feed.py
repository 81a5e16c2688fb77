"""Sends the chain on to a collector, in its order, from where it stopped, one process at a time.

How far the collector has come is kept in the database. It moves on only when the connection still stood at the next turn,
or was ended in good order: what was on its way when it broke is sent again, so a collector may get a line twice and misses
none. Lines wait in the trail itself, not in memory.
"""

import threading

from structlog import get_logger

from radiotheque.core.errors import RadiothequeError, Unavailable
from radiotheque.core.ports import Clock, Transaction
from radiotheque.database.engine import Database, session_of
from radiotheque.security.audit_chainer import Lease
from radiotheque.security.audit_message import Source, message_of
from radiotheque.security.audit_syslog import Collector, Wire, line_of
from radiotheque.security.audit_tables import LINKED, NOTE, entry_of
from radiotheque.security.model import Entry

BATCH = 200
PAUSE_S = 1.0
RETRY_S = (1.0, 5.0, 30.0, 60.0)

_BEHIND = f"""SELECT {LINKED} FROM audit_link l JOIN audit a ON a.id = l.entry WHERE l.position > ?
    ORDER BY l.position LIMIT {BATCH}"""

_log = get_logger("radiotheque.audit")


class SyslogFeed:
    """The feed to one collector."""

    def __init__(self, database: Database, clock: Clock, source: Source, collector: Collector) -> None:
        self._database, self._clock, self._source, self._collector = database, clock, source, collector
        self._lease = Lease(collector.name, clock)
        self._stop = threading.Event()
        self._wire: Wire | None = None
        self._sent = self._noted = 0
        self.failures = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to send, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="audit-syslog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and the connection, if there is one."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        try:
            self._end()
        except RadiothequeError as error:
            _log.warning("audit feed not ended in order", error=str(error))

    def behind(self) -> int:
        """Give how many lines of the chain the collector does not surely have."""
        with self._database.reader() as session:
            row = session.one("SELECT max(position) FROM audit_link")
        return int(row[0] or 0) - self.position() if row else 0

    def position(self) -> int:
        """Give up to which position the collector has everything."""
        with self._database.reader() as session:
            row = session.one("SELECT value FROM audit_state WHERE name = ?", (self._collector.name,))
        return int(row[0]) if row else 0

    def turn(self) -> int:
        """Send what is new; give how many lines. Raises `Unavailable` when the collector is not there.

        Does nothing while another process sends, and writes nothing while there is nothing to send.
        """
        if self._wire is not None and not self._wire.stands():
            self._drop()
        if self._wire is None:
            self._sent = self._noted = self.position()
        count, lines = 0, self._lines(self._sent)
        while (lines or self._sent != self._noted) and self._may_send():
            if not lines:
                break
            self._wire = self._wire or Wire(self._collector)
            self._send(lines)
            count += len(lines)
            if len(lines) < BATCH or self._stop.is_set() or not self._wire.stands():
                break
            lines = self._lines(self._sent)
        return count

    def _may_send(self) -> bool:
        """Take or renew the lease, and note what was sent over a connection that stood after it.

        Durably, and with it the links that are sent next: a position that a collector has is never given to another line.
        """
        if self._database.write(self._note):
            self._noted = self._sent
            return True
        self._drop()
        return False

    def _note(self, tx: Transaction) -> bool:
        """Renew the lease and note how far it is, if the lease is ours."""
        session = session_of(tx)
        if not self._lease.take(session):
            return False
        session.run(NOTE, (self._collector.name, str(self._sent)))
        return True

    def _lines(self, after: int) -> list[Entry]:
        with self._database.reader() as session:
            return [entry_of(row) for row in session.all(_BEHIND, (after,))]

    def _send(self, entries: list[Entry]) -> None:
        if self._wire is None:
            raise Unavailable("there is no connection to the audit collector")
        try:
            self._wire.send([line_of(message_of(entry, self._source)) for entry in entries])
        except Unavailable:
            self._drop()
            raise
        self._sent = entries[-1].position

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _end(self) -> None:
        """Say goodbye; when the collector does too it has everything that was sent."""
        wire, self._wire = self._wire, None
        if wire is not None and wire.close():
            self._database.write(self._note, durable=False)
        self._database.write(lambda tx: self._lease.give_back(session_of(tx)), durable=False)

    def _run(self) -> None:
        pause_s = PAUSE_S
        try:
            self._database.write(lambda tx: self._lease.inherit(session_of(tx)))
        except RadiothequeError as error:
            _log.warning("audit feed waits for a lease", error=str(error))
        while not self._stop.wait(pause_s):
            try:
                self.turn()
                self.failures, pause_s = 0, PAUSE_S
            except RadiothequeError as error:
                pause_s = RETRY_S[min(self.failures, len(RETRY_S) - 1)]
                self.failures += 1
                _log.warning("audit collector not reached", error=str(error), again_s=pause_s)
