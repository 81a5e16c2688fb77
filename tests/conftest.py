"""What every test may ask for: running archives and foreign programs, started on loopback and ended by pid."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import shared
from dicom_oracle import where_is
from peers.orthanc import Orthanc, start_orthanc
from peers.server import Running, start_radiotheque

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("house")

INSTALL_LINE = "{} is not installed: run `make test`, which installs it"
ALL_PEERS = "RADIOTHEQUE_ALL_PEERS"
"""Set to 1 by `make test`: a program that is not installed is then a failure, not a reason to skip."""
MISSING = ("not installed", "installed by `make test`", "no system user `postgres`")
"""Words of a skip that says that something is missing on this machine; what a container may not do, as to mount a file system
or to trace, is no program that could be installed, and stays a skip that is counted at the end."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `peer("program")` when that program is neither on PATH nor in the environment."""
    for mark in item.iter_markers("peer"):
        for program in mark.args:
            if where_is(program) is None:
                pytest.skip(INSTALL_LINE.format(program))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Turn a skip for want of a peer into a failure where all peers must be there."""
    report: Any = yield
    if report.skipped and os.environ.get(ALL_PEERS) == "1" and any(word in _reason(report) for word in MISSING):
        report.outcome, report.longrepr = "failed", f"{item.nodeid}: {_reason(report)}"
    return report  # type: ignore[return-value]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests were skipped for which reason; the particulars of a sample are left out."""
    counted = Counter(_reason(report).partition(":")[0] for report in terminalreporter.stats.get("skipped", ()))
    for reason, number in counted.most_common():
        terminalreporter.write_line(f"{number:5} skipped: {reason}")


def _reason(report: Any) -> str:
    """Give the reason of a skip."""
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return str(said).removeprefix("Skipped: ").splitlines()[0]


@pytest.fixture
def radiotheque(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start archives by the real command line: `radiotheque(sealing="off")` gives a `Running`."""
    running: list[Running] = []

    def start(**options: Any) -> Running:
        place = tmp_path / f"archive-{len(running)}"
        running.append(start_radiotheque(place, **options))
        return running[-1]

    yield start
    for archive in running:
        archive.stop()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One sealed archive for all tests of a module that do not disturb each other."""
    running = start_radiotheque(tmp_path_factory.mktemp("archive"))
    yield running
    running.stop()


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Callable[..., Orthanc]]:
    """Start private Orthanc servers: `orthanc(peers={"RADIO": ("RADIOTHEQUE", port)})`."""
    running: list[Orthanc] = []

    def start(**options: Any) -> Orthanc:
        running.append(start_orthanc(tmp_path / f"orthanc-{len(running)}", **options))
        return running[-1]

    yield start
    for peer in running:
        peer.stop()


@pytest.fixture(scope="session")
def packaged_files() -> Sequence[Path]:
    """The DICOM files that the packages pydicom and pydicom-data carry."""
    return shared.packaged()
