"""Whether the house can do its work: each thing looked at by a probe that raises when it cannot."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from radiotheque.core.errors import RadiothequeError
from radiotheque.core.ports import Clock

FRESH_S = 2.0

type Probe = Callable[[], str]
"""Gives a few words on how the thing stands, without secrets or patients; raises a `RadiothequeError` when it fails."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    healthy: bool
    detail: str = ""


class Health:
    """The probes of the house; what they said is believed for two seconds, so asking often costs nothing."""

    def __init__(self, probes: Mapping[str, Probe], clock: Clock) -> None:
        self._probes = dict(probes)
        self._clock = clock
        self._lock = threading.Lock()
        self._checks: tuple[float, Sequence[Check]] = (float("-inf"), ())

    def __call__(self) -> Sequence[Check]:
        """Give how each thing stands, at most two seconds old."""
        with self._lock:
            at, checks = self._checks
            if self._clock.now() - at >= FRESH_S:
                checks = [_look(name, probe) for name, probe in self._probes.items()]
                self._checks = (self._clock.now(), checks)
        return checks


def _look(name: str, probe: Probe) -> Check:
    try:
        return Check(name, True, probe())
    except RadiothequeError as error:
        return Check(name, False, str(error))
