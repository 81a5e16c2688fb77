"""How many associations are open, in all and by calling AE title."""

import threading
from collections import Counter


class Seats:
    """Counts associations; a full house turns the next away instead of slowing all."""

    def __init__(self, total: int, per_aet: int) -> None:
        self._total, self._per_aet = total, per_aet
        self._lock = threading.Lock()
        self._by_aet: Counter[str] = Counter()

    def take(self, aet: str, limit: int = 0) -> bool:
        """Take a seat; False when the house is full or `aet` holds `limit` (0: the house's own limit) already."""
        with self._lock:
            if self._by_aet.total() >= self._total or self._by_aet[aet] >= (limit or self._per_aet):
                return False
            self._by_aet[aet] += 1
            return True

    def leave(self, aet: str) -> None:
        """Give a seat back."""
        with self._lock:
            self._by_aet[aet] -= 1
            if not self._by_aet[aet]:
                del self._by_aet[aet]

    def taken(self) -> int:
        """Give how many are taken."""
        with self._lock:
            return self._by_aet.total()
