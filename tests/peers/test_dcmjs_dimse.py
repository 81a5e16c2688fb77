"""dcmjs-dimse (npm) talks to the archive: echo, store, find, get, commitment."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import generate_uid

from peers.processes import free_port
from peers.server import Running
from shared import Sample, consistent, packaged

HERE = Path(__file__).parent
TITLE = "DCMJS"
COMMITTED = 1  # Storage Commitment Request Successful (PS3.4 J.3.3)
FAILURES_EXIST = 2
pytestmark = [
    pytest.mark.peer("node"),
    pytest.mark.skipif(not (HERE / "node_modules").is_dir(), reason="the node packages are installed by `make test`"),
]


@pytest.fixture(scope="module")
def commitment_port() -> int:
    """The port on which this peer takes commitment reports."""
    return free_port()


@pytest.fixture(scope="module")
def house(archive: Running, commitment_port: int) -> Running:
    """An archive that knows this peer."""
    archive.add_peer(TITLE, commitment_port)
    return archive


@pytest.fixture(scope="module")
def radiographs(house: Running) -> Sequence[Sample]:
    """Radiographs that dcmjs-dimse has stored."""
    chosen = [s for s in consistent(packaged()) if s.path.name in ("RG1_UNCR.dcm", "RG3_UNCR.dcm", "CT_small.dcm")]
    answer = ask(house, "store", *(str(sample.path) for sample in chosen))
    assert answer["statuses"] == [0] * len(chosen)
    return chosen


def ask(house: Running, verb: str, *arguments: str) -> dict[str, Any]:
    command = ["node", "dcmjs.cjs", verb, house.dicom[0], str(house.dicom[1]), house.aet, TITLE, *arguments]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_it_is_answered_to_its_echo(house: Running) -> None:
    assert ask(house, "echo") == {"statuses": [0]}


def test_it_finds_what_it_stored(house: Running, radiographs: Sequence[Sample]) -> None:
    answer = ask(house, "find", json.dumps({"PatientID": "*", "StudyInstanceUID": radiographs[0].study}))
    assert answer["statuses"] == [0]
    assert [found["StudyInstanceUID"] for found in answer["found"]] == [radiographs[0].study]


def test_it_gets_a_study_back(house: Running, radiographs: Sequence[Sample]) -> None:
    answer = ask(house, "get", radiographs[0].study)
    assert answer["statuses"] == [0]
    assert answer["received"] == [s.instance for s in radiographs if s.study == radiographs[0].study]


def test_it_is_promised_what_is_kept(house: Running, commitment_port: int, radiographs: Sequence[Sample]) -> None:
    transaction = generate_uid()
    references = [f"{sample.sop_class}={sample.instance}" for sample in radiographs]
    answer = ask(house, "commit", str(commitment_port), transaction, *references)
    assert answer["statuses"] == [0]
    assert answer["type"] == COMMITTED
    assert answer["elements"]["TransactionUID"] == transaction
    assert len(answer["elements"]["ReferencedSOPSequence"]) == len(radiographs)


def test_it_is_not_promised_what_is_not_kept(
    house: Running, commitment_port: int, radiographs: Sequence[Sample]
) -> None:
    unknown = f"{radiographs[0].sop_class}={generate_uid()}"
    known = f"{radiographs[0].sop_class}={radiographs[0].instance}"
    answer = ask(house, "commit", str(commitment_port), generate_uid(), known, unknown)
    assert answer["type"] == FAILURES_EXIST
    failed = answer["elements"]["FailedSOPSequence"]
    # No such object instance (PS3.3 C.14.1.1)
    assert [item["FailureReason"] for item in (failed if isinstance(failed, list) else [failed])] == [0x0112]
