"""`python -m tools.lints`: say every breach of the house's rules; exit code 1 when there is one."""

import sys
from pathlib import Path

from tools.lints.module import modules
from tools.lints.rules import RULES, findings


def main() -> int:
    """Lint the repository that this file is in."""
    root = Path(__file__).resolve().parents[2]
    checked = list(modules(root))
    found = sorted(finding for module in checked for finding in findings(module))
    for finding in found:
        print(finding)
    print(f"{len(checked)} files, {len(RULES)} rules, {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
