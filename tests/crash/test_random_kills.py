"""kill -9 of a real server at moments nobody chose, while several associations and STOW-RS store into one study."""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from crash.objects import Sent, made
from crash.truth import Ledger, check, house_at, sweep_all
from crash.wires import know, stow
from peers.dcmtk import Dcmtk
from peers.server import Running, start_radiotheque
from radiotheque.core.aetitle import AETitle
from radiotheque.core.errors import RadiothequeError
from radiotheque.core.instance import Form
from radiotheque.core.peer import Peer
from radiotheque.core.uid import UID
from radiotheque.dicom.syntaxes import EXPLICIT_LE
from radiotheque.wire.dimse.requestor import Calling
from radiotheque.wire.dimse.sender import DimseSender

FILES_A_SENDER = 400
DCMTK_FILES_AT_ONCE = 20


@dataclass(slots=True)
class Storm:
    """Senders that store until their server is gone, and note each Success."""

    house: Running
    ledger: Ledger
    cycle: int
    folder: Path
    first: threading.Event

    def objects(self, sender: str) -> Iterator[Sent]:
        """Give files of a series of the sender's own, in the study that all senders share."""
        for number in range(FILES_A_SENDER):
            yield made(Form.PART10, patient_id=f"STORM-{self.cycle}", series=sender, instance=str(number))

    def kept(self, sent: Sent) -> None:
        self.ledger.promised(sent.instance, sent.sha256, "kept")
        self.first.set()

    def by_own_sender(self, name: str) -> None:
        """Store with our own C-STORE SCU on one association."""
        peer = Peer(AETitle(self.house.aet), *self.house.dicom)
        sop_class = UID(made().sop_class)
        try:
            with DimseSender(Calling(AETitle(name))).open(peer, [(sop_class, [UID(EXPLICIT_LE)])]) as link:
                for sent in self.objects(name):
                    self.ledger.offered(sent.instance, sent.sha256)
                    if link.store(sop_class, UID(sent.instance), UID(EXPLICIT_LE), [sent.dataset]) == 0:
                        self.kept(sent)
        except RadiothequeError:
            return  # the server is gone

    def by_dcmtk(self, name: str) -> None:
        """Store with storescu, which says of each file in turn what the server answered."""
        batch: list[tuple[Sent, Path]] = []
        for sent in self.objects(name):
            path = self.folder / f"{name}-{sent.instance}.dcm"
            path.write_bytes(sent.data)
            batch.append((sent, path))
            if len(batch) < DCMTK_FILES_AT_ONCE:
                continue
            for each, _ in batch:
                self.ledger.offered(each.instance, each.sha256)
            said = Dcmtk(self.house.dicom[1], calling=name).store([path for _, path in batch])
            for (each, _), _ in zip(batch, range(said.text.count("Received Store Response (Success)")), strict=False):
                self.kept(each)
            if said.code:
                return
            batch.clear()

    def by_web(self, name: str) -> None:
        """Store with STOW-RS."""
        with self.house.session() as session:
            for sent in self.objects(name):
                self.ledger.offered(sent.instance, sent.sha256)
                try:
                    answer = stow(self.house, session, [sent.data])
                except requests.RequestException:
                    return
                if answer.status_code == 200:
                    self.kept(sent)

    def rage(self, kill_after_s: float) -> None:
        """Let all send at once; kill the server so many seconds after the first Success."""
        ways: list[tuple[Callable[[str], None], str]] = [
            (self.by_own_sender, "OWN1"),
            (self.by_own_sender, "OWN2"),
            (self.by_dcmtk, "DCMTK"),
            (self.by_web, "WEB"),
        ]
        senders = [threading.Thread(target=way, args=(name,)) for way, name in ways]
        for sender in senders:
            sender.start()
        assert self.first.wait(60), "nothing was ever kept"
        threading.Event().wait(kill_after_s)  # the moment is nobody's: that is the test
        self.house.kill()
        for sender in senders:
            sender.join()


def kill_and_check(place: Path, kills: int) -> int:
    """Kill a server again and again on the same data; give how many objects it acknowledged in all."""
    house = start_radiotheque(place, env={"RADIOTHEQUE_FREE_SPACE_RESERVE_PERCENT": "0"})
    try:
        know(house, "OWN1", "OWN2", "DCMTK")
        ledger, chance = Ledger(place / "ledger"), random.Random(2)
        (place / "files").mkdir()
        for cycle in range(kills):
            if cycle:
                house.restart()
            Storm(house, ledger, cycle, place / "files", threading.Event()).rage(chance.uniform(0, 1.5))
            with house_at(place, sealing=True) as opened:
                check(opened, ledger.read())
        with house_at(place, sealing=True) as opened:
            sweep_all(opened)
            check(opened, ledger.read())
        return len(ledger.read().kept)
    finally:
        house.kill()


@pytest.mark.peer("storescu")
def test_a_server_killed_under_load_has_kept_all_that_it_acknowledged(tmp_path: Path) -> None:
    assert kill_and_check(tmp_path, 2) > 0


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.peer("storescu")
def test_a_server_killed_a_hundred_times_under_load_has_kept_all_that_it_acknowledged(tmp_path: Path) -> None:
    assert kill_and_check(tmp_path, 100) > 100
