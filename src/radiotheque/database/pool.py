"""Few connections for many threads: the last one given back is taken first, so its cache is warm."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from radiotheque.core.errors import Busy
from radiotheque.database.faults import driver_errors, is_lost
from radiotheque.database.session import Session


class Pool:
    """At most `size` sessions, opened when first needed."""

    def __init__(self, open_session: Callable[[], Session], size: int, *, patience_s: float = 30.0) -> None:
        self._open, self._left, self._patience_s = open_session, size, patience_s
        self._idle: queue.LifoQueue[Session] = queue.LifoQueue()
        self._lock = threading.Lock()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session for the block. One whose connection was lost is not used again. Raises `Busy`."""
        session, lost = self._take(), False
        try:
            yield session
        except driver_errors() as error:
            lost = is_lost(error)
            raise
        finally:
            if lost:
                self._forget(session)
            else:
                session.settle_core()
                self._idle.put(session)

    def _take(self) -> Session:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            if self._may_open():
                return self._opened()
        try:
            return self._idle.get(timeout=self._patience_s)
        except queue.Empty:
            raise Busy("all connections to the index are in use; try again") from None

    def _may_open(self) -> bool:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                self._left += 1
                return False
        return True

    def _opened(self) -> Session:
        opened = False
        try:
            session = self._open()
            opened = True
            return session
        finally:
            if not opened:
                self._release_place()

    def _release_place(self) -> None:
        with self._lock:
            self._left += 1

    def _forget(self, lost: Session) -> None:
        """Close a lost session and those that idle: a server that went away took them all with it."""
        lost.close()
        self._release_place()
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return
            self._release_place()

    def close(self) -> None:
        """Close the sessions that idle."""
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return
