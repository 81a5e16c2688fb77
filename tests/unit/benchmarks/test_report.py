"""The newest verdict on each promise is what a page shows."""

from pathlib import Path

import pytest

from benchmarks.measure import Promise, Record, Verdict
from benchmarks.report import filled, report, verdicts

PROMISE = Promise("C-STORE large, 1 association", "MB_s", "MB/s", 1.8)


def test_the_last_verdict_counts_and_its_run_is_named(tmp_path: Path) -> None:
    for run, ours in (("one", 10.0), ("two", 40.0)):
        record = Record(tmp_path / "results.jsonl", {"run": run, "machine": "2 cores", "fsync_ms": 0.5})
        record.trials("store", {"sealed": [{"MB_s": ours}]})
        record.verdict(Verdict(PROMISE, "sealed", "orthanc", (ours,), (10.0,)))
    found = verdicts((tmp_path / "results.jsonl").read_text().splitlines())
    assert [row["run"] for row in found] == ["two"]
    made = report(found)
    assert "| C-STORE large, 1 association | sealed | ≥ 1.8× | 40 MB/s | 10 MB/s | 4× | yes |" in made
    assert "1 of 1 kept" in made
    assert "Run two: 2 cores; fsync of 4 KiB 0.5 ms." in made


def test_a_page_is_filled_between_its_marks_and_nowhere_else() -> None:
    page = "before\n<!-- figures -->\nold\n<!-- end figures -->\nafter\n"
    assert filled(page, "new\n") == "before\n<!-- figures -->\nnew\n<!-- end figures -->\nafter\n"
    with pytest.raises(SystemExit, match="no lines"):
        filled("before\nafter\n", "new\n")
