"""How the house stands: health, metrics, and whether everything kept is still whole."""

from radiotheque.ops.health import Check, Health, Probe
from radiotheque.ops.logs import configure_logs
from radiotheque.ops.metrics import Metrics
from radiotheque.ops.verify import Fault, Progress, verify

__all__ = ["Check", "Fault", "Health", "Metrics", "Probe", "Progress", "configure_logs", "verify"]
