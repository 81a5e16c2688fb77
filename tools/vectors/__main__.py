"""Write the vectors: `python -m tools.vectors [FOLDER]`; see the package for their shape."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tools.vectors import grey, measures, spacing

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("row", "column", "source", "factor")


def write(folder: Path) -> int:
    """Write all vectors below a folder; give how many files."""
    below = folder / "grey"
    below.mkdir(parents=True, exist_ok=True)
    count = 0
    for case in grey.cases():
        _put(below / f"{case.name}.json", grey.vector(case))
        count += 1
    _put(folder / "spacing.json", [_spacing(case) for case in spacing.CASES])
    _put(folder / "measures.json", measures.vectors())
    return count + 2


def _spacing(case: spacing.Case) -> dict[str, Any]:
    return asdict(case) | {"expected": dict(zip(NAMES, case.expected, strict=True))}


def _put(path: Path, value: Any) -> None:
    """Write one, whole or not at all: somebody else may be reading."""
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def main() -> int:
    """Write them where the command line says, else below `build/vectors`."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "vectors"
    print(f"{write(folder)} files of vectors in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
