"""A peer that takes the connection and says no more: `send_timeout_s` ends the send, which the outbox tries again."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from pynetdicom import AE, evt
from pynetdicom.events import Event

from crash.objects import made, offer
from crash.truth import house_at, me
from radiotheque.app import House
from radiotheque.archive.dispatch import RETRY_S, Dispatcher
from radiotheque.core.aetitle import AETitle
from radiotheque.core.instance import Selection
from radiotheque.core.peer import Peer
from radiotheque.core.query import Level
from radiotheque.core.uid import UID

TIMEOUT_S = 0.3
HANGS_UP_S = 20.0
"""What the peer would end by itself is another error: that it was we who gave up is seen by the words, not by a clock."""

type Silent = Callable[[threading.Event], AbstractContextManager[int]]


@contextmanager
def never_answers(over: threading.Event) -> Iterator[int]:
    """A socket that accepts connections, reads nothing and says nothing; give its port."""

    def accept(listening: socket.socket) -> None:
        taken, _ = listening.accept()
        over.wait(HANGS_UP_S)
        taken.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=accept, args=(listening,))
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@contextmanager
def never_says_success(over: threading.Event) -> Iterator[int]:
    """A storage SCP that takes the association and the object, and does not answer; give its port."""

    def stored(_: Event) -> int:
        over.wait(HANGS_UP_S)
        return 0x0000

    entity = AE(ae_title="SILENT")
    entity.add_supported_context("1.2.840.10008.5.1.4.1.1.1.1")
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, stored)])
    assert server is not None
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()


def turn(house: House) -> None:
    """Let the outbox of a house work once, as its dispatcher does."""
    Dispatcher(house.catalog.outbox, {"send": house.tasks["send"]}, house.clock).turn()


@pytest.mark.parametrize("silent", [never_answers, never_says_success])
def test_a_send_to_a_silent_peer_ends_and_is_tried_again(tmp_path: Path, silent: Silent) -> None:
    over = threading.Event()
    with house_at(tmp_path, sealing=False, send_timeout_s=TIMEOUT_S) as house, silent(over) as port:
        try:
            sent = made()
            offer(house, sent)
            house.security.peers.put(Peer(AETitle("SILENT"), "127.0.0.1", port), me())
            house.send(Selection(Level.STUDY, studies=(UID(sent.study),)), "SILENT", me())
            began = house.clock.now()
            turn(house)
            (job,) = house.catalog.outbox.waiting_jobs(kind="send")
            assert (job.state, job.attempts) == ("waiting", 1)
            assert job.error == "Unavailable: the peer was silent too long"
            assert job.next_at >= began + RETRY_S[0]
        finally:
            over.set()
