"""The viewer's greys are those that were reckoned apart: its test reads vectors that are written freshly here."""

import subprocess

from tools.frontend import FRONTEND, node_folder
from tools.vectors.__main__ import ROOT, write


def test_the_viewer_draws_the_greys_of_the_standard() -> None:
    assert write(ROOT / "build" / "vectors") > 40
    done = subprocess.run(
        [node_folder() / "bin" / "node", "--test", "engine/lut.test.ts"],
        cwd=FRONTEND,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5_000:]
    assert "skipped 0" in done.stdout
