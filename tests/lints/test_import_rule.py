"""The import rule catches what it is there for: every contract is broken once, in a copy of the source."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from shared import REPOSITORY

# (module that gets the line, what it must not import): each breaks the contract it is listed under
PLANTED = {
    "The house has floors": [
        ("utils.py", "import radiotheque.core.uid"),
        ("dicom/walker.py", "import radiotheque.archive"),
    ],
    "The heart touches nothing": [("archive/receive.py", "import sqlalchemy")],
    "The nouns are plain Python": [("core/query.py", "import pydicom")],
    "The settings are read by the composition and the command line alone": [
        ("blobs/files.py", "import radiotheque.settings"),
    ],
    "The tongues do not know each other": [("wire/dimse/storage.py", "import radiotheque.wire.dicomweb.stow")],
    "The door of security": [("catalog/record.py", "import radiotheque.security.accounts")],
    "The door of ops": [("wire/web/gate.py", "import radiotheque.ops.health")],
    "The door of reading": [("wire/web/gate.py", "import radiotheque.reading.tables")],
    "The inside of a room": [("security/model.py", "import radiotheque.security.tables")],
    "The inside of the reading room": [("reading/model.py", "import radiotheque.reading.tables")],
    "No two modules need each other": [("core/uid.py", "import radiotheque.core.instance")],
}


def linted(source: Path) -> dict[str, str]:
    """Give {contract: KEPT or BROKEN} of import-linter on the package below `source`."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", REPOSITORY / "pyproject.toml"],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    return dict(re.findall(r"^(\S.*?) (KEPT|BROKEN)(?: |$)", done.stdout, re.MULTILINE))


def test_every_contract_is_broken_by_what_it_forbids(tmp_path: Path) -> None:
    package = tmp_path / "radiotheque"
    shutil.copytree(
        REPOSITORY / "src" / "radiotheque", package, ignore=shutil.ignore_patterns("__pycache__", "swagger")
    )
    for plants in PLANTED.values():
        for place, line in plants:
            with (package / place).open("a") as module:
                module.write(f"\n{line}\n")
    assert linted(tmp_path) == dict.fromkeys(PLANTED, "BROKEN")
