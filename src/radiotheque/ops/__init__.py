"""How the house stands: health, metrics, and whether everything kept is still whole."""

from typing import TYPE_CHECKING, Any

from radiotheque.ops.chores import LEASE_S, Chores, ChoreState
from radiotheque.ops.fixity import Fixity
from radiotheque.ops.health import Check, Health, Probe
from radiotheque.ops.logs import configure_logs
from radiotheque.ops.reindex import Reindex
from radiotheque.ops.verify import Fault, Progress, verify

if TYPE_CHECKING:
    from radiotheque.ops.metrics import Metrics

__all__ = [
    "LEASE_S",
    "Check",
    "ChoreState",
    "Chores",
    "Fault",
    "Fixity",
    "Health",
    "Metrics",
    "Probe",
    "Progress",
    "Reindex",
    "configure_logs",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Give `Metrics` to who asks for it: its library is loaded by servers alone."""
    if name == "Metrics":
        from radiotheque.ops.metrics import Metrics

        return Metrics
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
