"""The promises of speed, each measured beside Orthanc on the same machine in the same minutes.

`make bench` runs all of them; `make bench ONLY="store query"` chooses. Figures go to the terminal, with their unit,
and as JSON lines to build/bench/.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# The running archive and the private Orthanc are those of the tests: one way to start each.
sys.path.insert(0, str(ROOT / "tests"))
