"""What the viewer measures is what NumPy measures: its test read vectors that are written freshly here."""

import json
import os
import subprocess
from pathlib import Path

from tools.frontend import FRONTEND, node_folder
from tools.vectors.measures import POINTS, vectors


def test_the_viewer_measures_as_numpy_does(tmp_path: Path) -> None:
    written = vectors()
    assert {case["annotation"]["kind"] for case in written["cases"]} == set(POINTS)
    (tmp_path / "measures.json").write_text(json.dumps(written), encoding="utf-8")
    done = subprocess.run(
        [node_folder() / "bin" / "node", "--test", "annotate/geometry.test.ts"],
        cwd=FRONTEND,
        env={**os.environ, "RADIOTHEQUE_VECTORS": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5_000:]
    assert "skipped 0" in done.stdout


def test_the_vectors_are_the_same_on_every_run() -> None:
    assert json.dumps(vectors()) == json.dumps(vectors())
