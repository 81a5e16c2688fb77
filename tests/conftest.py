"""What every test may ask for: running archives and foreign programs, started on loopback and ended by pid."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import shared
from peers.orthanc import Orthanc, start_orthanc
from peers.server import Running, start_radiotheque

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("house")

INSTALL_LINE = "{} is not installed: run `make test`, which installs it"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `peer("program")` when that program is not on PATH."""
    for mark in item.iter_markers("peer"):
        for program in mark.args:
            if shutil.which(program) is None:
                pytest.skip(INSTALL_LINE.format(program))


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
