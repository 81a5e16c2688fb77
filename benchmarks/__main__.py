"""`python -m benchmarks [NAME…] [--rounds N]`: measure the named promises, all by default, and print the table."""

import argparse
import importlib
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import ROOT
from benchmarks.bench import Bench
from benchmarks.measure import HEAD, Record, Verdict, fsync_ms, machine

NAMES = ("store", "stow", "memory", "query", "retrieve", "move", "million", "worklist", "viewer")


def main() -> int:
    """Run the benchmarks; exit code 1 when a promise was not kept."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=", ".join(NAMES))
    options.add_argument("--rounds", type=int, default=5, help="paired rounds of each comparison")
    options.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="workload and results")
    given = options.parse_args()
    folder: Path = given.folder.absolute()
    middle, worst = fsync_ms(folder)
    about = {"run": time.strftime("%Y%m%d-%H%M%S"), "machine": machine(), "fsync_ms": round(middle, 3)}
    bench = Bench(given.rounds, folder / "workload", Record(folder / "results.jsonl", about))
    say(f"Machine: {about['machine']}")
    say(f"fsync of 4 KiB: median {middle:.2f} ms, 95th percentile {worst:.2f} ms. {load_line()}")
    say(f"Median (min–max) of {given.rounds} paired rounds, the order reversed each round.\n\n{HEAD}")
    found = [show(verdict) for name in given.names or NAMES for verdict in _module(name).run(bench)]
    promised = [verdict for verdict in found if not verdict.promise.shown_only]
    kept = sum(verdict.met for verdict in promised)
    again, worst = fsync_ms(folder)
    say(f"\n{kept} of {len(promised)} kept; fsync at the end: median {again:.2f} ms. {load_line()}")
    say(f"Every trial is in {bench.record.path}")
    return 0 if kept == len(promised) else 1


def _module(name: str) -> Any:
    return importlib.import_module(f"benchmarks.bench_{name}")


def show(verdict: Verdict) -> Verdict:
    """Print a verdict's row and give it on."""
    say(verdict.row())
    return verdict


def load_line() -> str:
    """Say how busy the machine is, the benchmark itself included."""
    return f"Load average {os.getloadavg()[0]:.1f}."


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
