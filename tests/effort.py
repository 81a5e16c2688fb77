"""How hard properties are tried: `make fuzz EFFORT=50` tries fifty times as many examples as a usual run."""

import os

_TIMES = int(os.environ.get("RADIOTHEQUE_EFFORT", "1"))


def effort(examples: int) -> int:
    """Give how many examples to try where a usual run tries `examples`."""
    return examples * _TIMES
