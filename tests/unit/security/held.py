"""A clock for tests."""

from dataclasses import dataclass


@dataclass
class HeldClock:
    """A clock that stands until it is moved."""

    at: float = 1_800_000_000.0

    def now(self) -> float:
        return self.at
