"""The tests of the web application that need no browser, run by Node itself."""

import os
import subprocess

import pytest

from shared import REPOSITORY
from tools.frontend import FRONTEND, TEXTS, compile_texts, node_folder

LEFT_OUT = ("node_modules", "generated")
TESTS = sorted(
    path.relative_to(FRONTEND)
    for path in FRONTEND.rglob("*.test.ts")
    if not any(part in LEFT_OUT for part in path.relative_to(FRONTEND).parts)
)
FOLDERS = sorted({path.parts[0] for path in TESTS})


def test_there_are_tests_of_the_web_application() -> None:
    assert FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_web_application_passes_its_own_tests(folder: str) -> None:
    if not TEXTS.exists():
        compile_texts()
    files = [str(path) for path in TESTS if path.parts[0] == folder]
    done = subprocess.run(
        [node_folder() / "bin" / "node", "--test", "--test-reporter=spec", *files],
        cwd=FRONTEND,
        env={**os.environ, "TZ": "UTC", "NO_COLOR": "1", "RADIOTHEQUE_REPOSITORY": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-20_000:]}\n{done.stderr[-5_000:]}"
