"""`python -m benchmarks.report RESULTS [--into PAGE]`: the newest verdict on each promise as a Markdown table.

Without a page it is printed; a page gets it between the lines `<!-- figures -->` and `<!-- end figures -->`.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import HEAD

_PLACE = re.compile(r"(<!-- figures -->\n).*?(<!-- end figures -->)", re.DOTALL)


def main() -> int:
    """Write or print the table; exit code 1 when a promise was not kept."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("results", type=Path, nargs="+", help="files of JSON lines, the newest last")
    options.add_argument("--into", type=Path, help="a page that holds the marks")
    given = options.parse_args()
    newest = verdicts(line for path in given.results for line in path.read_text(encoding="utf-8").splitlines())
    made = report(newest)
    if given.into is None:
        print(made, end="")
    else:
        page = given.into.read_text(encoding="utf-8")
        given.into.write_text(filled(page, made), encoding="utf-8")
    return 0 if all(row["met"] for row in newest) else 1


def verdicts(lines: Iterable[str]) -> Sequence[Mapping[str, Any]]:
    """Give the last verdict on each promise and system, in the order in which they first came."""
    last: dict[tuple[str, str], Mapping[str, Any]] = {}
    for line in filter(None, lines):
        row = json.loads(line)
        if "row" in row:
            last[row["promise"], row["system"]] = row
    return tuple(last.values())


def report(newest: Sequence[Mapping[str, Any]]) -> str:
    """Give the table and under it the runs that its rows are of, with their conditions."""
    runs = {row["run"]: f"Run {row['run']}: {row['machine']}; fsync of 4 KiB {row['fsync_ms']} ms." for row in newest}
    promised = [row for row in newest if not row.get("shown_only")]
    kept = sum(bool(row["met"]) for row in promised)
    rows = "\n".join(row["row"] for row in newest)
    conditions = "\n".join(f"- {text}" for text in runs.values())
    return f"{HEAD}\n{rows}\n\n{kept} of {len(promised)} kept.\n\n{conditions}\n"


def filled(page: str, made: str) -> str:
    """Give a page with the table in its place. Raises `SystemExit` when it has no place for it."""
    if not _PLACE.search(page):
        raise SystemExit("the page has no lines <!-- figures --> and <!-- end figures -->")
    return _PLACE.sub(lambda found: f"{found[1]}{made}{found[2]}", page)


if __name__ == "__main__":
    sys.exit(main())
