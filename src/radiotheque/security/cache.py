"""What was read a moment ago: true for at most a second, and forgotten at once when told."""

from collections.abc import Callable

from radiotheque.core.ports import Clock

FRESH_S = 1.0
MAX_ENTRIES = 8192


class Fresh[K, V]:
    """Reads through: a value is read again when it is a second old, so what another process changed holds soon."""

    def __init__(self, clock: Clock, read: Callable[[K], V]) -> None:
        self._now = clock.now
        self._read = read
        self._entries: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V:
        """Give the value, at most a second old."""
        entry = self._entries.get(key)
        now = self._now()
        if entry is not None and 0 <= now - entry[0] < FRESH_S:
            return entry[1]
        value = self._read(key)
        if len(self._entries) >= MAX_ENTRIES:
            self._entries.clear()
        self._entries[key] = (now, value)
        return value

    def peek(self, key: K) -> V | None:
        """Give the value when it is known and less than a second old, without reading."""
        entry = self._entries.get(key)
        return entry[1] if entry is not None and 0 <= self._now() - entry[0] < FRESH_S else None

    def forget(self, key: K) -> None:
        """Read it again at the next `get`."""
        self._entries.pop(key, None)
