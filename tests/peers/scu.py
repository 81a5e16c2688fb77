"""pynetdicom as the SCU of C-FIND and C-MOVE, of our server and of others."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydicom import config
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role
from pynetdicom.association import Association

from peers.dimse_house import House
from radiotheque.core.errors import Refused, Unavailable
from radiotheque.core.peer import Peer
from radiotheque.core.query import Level
from radiotheque.wire.dimse.answers import CANCELLED, PENDING, PENDING_OPTIONAL_KEYS
from radiotheque.wire.dimse.negotiation import MESSAGE_SYNTAXES
from radiotheque.wire.dimse.query import PATIENT_ROOT_FIND, STUDY_ROOT_FIND
from radiotheque.wire.dimse.requestor import Calling
from radiotheque.wire.dimse.retrieve import PATIENT_ROOT_MOVE, STUDY_ROOT_MOVE

DX, EXPLICIT, IMPLICIT = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
_CONNECT_S = 10.0
_PENDING = (PENDING, PENDING_OPTIONAL_KEYS)


@dataclass(frozen=True, slots=True)
class Moved:
    """How a C-MOVE ended: the final status and the counts of sub-operations."""

    status: int
    completed: int = 0
    failed: int = 0
    warning: int = 0


def find(peer: Peer, calling: Calling, level: Level, keys: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the peer's matches as DICOM JSON objects (PS3.18 F.2). Closing the iterator cancels the query.

    `keys` are keywords and values, "" for what is only to be returned. Raises `Unavailable`, `Refused`.
    """
    model = PATIENT_ROOT_FIND if level is Level.PATIENT else STUDY_ROOT_FIND
    with _associated(peer, calling, model) as association:
        answers = association.send_c_find(identifier(level, SpecificCharacterSet="ISO_IR 192", **keys), model, msg_id=1)
        try:
            for status, match in answers:
                code = _status(status, peer)
                if code not in _PENDING:
                    _require_good(code, peer, "C-FIND")
                    return
                if match is not None:
                    yield match.to_json_dict(suppress_invalid_tags=True)
        except GeneratorExit:
            association.send_c_cancel(1, query_model=model)
            raise


def move(peer: Peer, calling: Calling, level: Level, keys: Mapping[str, str], *, destination: str) -> Moved:
    """Have the peer send what `keys` select to `destination`. Raises `Unavailable`, `Refused`."""
    model = PATIENT_ROOT_MOVE if level is Level.PATIENT else STUDY_ROOT_MOVE
    with _associated(peer, calling, model) as association:
        last: Any = None
        for status, _ in association.send_c_move(identifier(level, **keys), destination, model):
            last = status
        code = _status(last, peer)
        return Moved(
            code,
            last.get("NumberOfCompletedSuboperations", 0) or 0,
            last.get("NumberOfFailedSuboperations", 0) or 0,
            last.get("NumberOfWarningSuboperations", 0) or 0,
        )


@contextmanager
def _associated(
    peer: Peer, calling: Calling, abstract_syntax: str, handlers: Sequence[Any] = ()
) -> Iterator[Association]:
    entity = AE(ae_title=calling.aet)
    entity.connection_timeout = _CONNECT_S
    entity.acse_timeout = calling.timers.artim_s
    entity.dimse_timeout = entity.network_timeout = calling.timers.idle_s
    entity.add_requested_context(abstract_syntax, list(MESSAGE_SYNTAXES))
    tls = None
    if peer.tls:
        if calling.tls is None:
            raise Refused(f"{peer.aet} wants TLS, and no certificate is configured for calling out")
        tls = (calling.tls(peer), peer.host)
    association = entity.associate(peer.host, peer.port, ae_title=peer.aet, evt_handlers=list(handlers), tls_args=tls)
    if association.is_rejected:
        reason = association.acceptor.primitive
        raise Refused(f"{peer.aet} rejected the association: {getattr(reason, 'reason_str', 'no reason')}")
    if association.rejected_contexts:
        raise Refused(f"{peer.aet} does not offer this service to {calling.aet}")
    if not association.is_established:
        raise Unavailable(f"no association with {peer.aet} at {peer.host}:{peer.port}")
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def associate(house: House, model: str, **options: Any) -> Any:
    """Open an association with a house for one service; `get` also offers to take DX images (PS3.4 C.5.3)."""
    entity = AE(ae_title="PEER")
    entity.add_requested_context(model, [EXPLICIT, IMPLICIT])
    if options.pop("get", False):
        entity.add_requested_context(DX, EXPLICIT)
        options["ext_neg"] = [build_role(DX, scp_role=True)]
    return entity.associate("127.0.0.1", house.port, ae_title="RADIOTHEQUE", **options)


def identifier(level: str = "STUDY", **keys: Any) -> Dataset:
    """Give an identifier of keywords and values, "" for what is only to be returned."""
    ds = Dataset()
    ds.QueryRetrieveLevel = level
    with config.disable_value_validation():  # ranges and wild cards are no values of their VR
        for keyword, value in keys.items():
            setattr(ds, keyword, value)
    return ds


def _status(status: Any, peer: Peer) -> int:
    """Give the status of a pynetdicom answer. Raises `Unavailable` when there was none."""
    if status is None or "Status" not in status:
        raise Unavailable(f"{peer.aet} did not answer, or ended the association")
    return int(status.Status)


def _require_good(code: int, peer: Peer, what: str) -> None:
    """Raise `Refused` for a final status that is neither Success, nor a cancel, nor a warning."""
    if code and code != CANCELLED and code >> 12 != 0xB:
        raise Refused(f"{peer.aet} answered {what} with status {code:#06x}")
