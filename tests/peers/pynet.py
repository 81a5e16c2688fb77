"""pynetdicom as a DICOM peer that hands over and takes data sets byte by byte, without parsing them."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydicom.dataset import Dataset
from pynetdicom import _config, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.dsutils import encode
from pynetdicom.events import Event, EventHandlerType
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelGet  # type: ignore[attr-defined]

from shared import Sample

TITLE = "PYNET"
_config.STORE_SEND_CHUNKED_DATASET = True  # a file's data set goes out as it lies on disk


class Refused(AssertionError):
    """The server did not accept the association."""


@contextlib.contextmanager
def associated(
    address: tuple[str, int],
    contexts: Sequence[tuple[str, str]],
    *,
    roles: Sequence[str] = (),
    handlers: Sequence[EventHandlerType] = (),
    called: str = "RADIOTHEQUE",
    calling: str = TITLE,
) -> Iterator[Association]:
    """Open an association with (SOP Class, Transfer Syntax) contexts and release it. Raises `Refused`."""
    entity = ApplicationEntity(ae_title=calling)
    for sop_class, syntax in contexts:
        entity.add_requested_context(sop_class, syntax)
    selected = []
    for sop_class in roles:
        role = SCP_SCU_RoleSelectionNegotiation()
        role.sop_class_uid, role.scu_role, role.scp_role = sop_class, False, True
        selected.append(role)
    link = entity.associate(*address, ae_title=called, ext_neg=selected, evt_handlers=list(handlers))
    if not link.is_established:
        raise Refused(f"no association with {called} at {address}")
    try:
        yield link
    finally:
        if link.is_established:
            link.release()


def store(address: tuple[str, int], samples: Sequence[Sample]) -> Mapping[str, int]:
    """Send files exactly as they are, each in its own association; give {SOP Instance UID: status}.

    A sample that the server accepts no context for has the status -1.
    """
    statuses = {}
    for sample in samples:
        with associated(address, [(sample.sop_class, sample.syntax)]) as link:
            taken = bool(link.accepted_contexts)
            answer = link.send_c_store(sample.path) if taken else Dataset()
            statuses[sample.instance] = int(answer.get("Status", -1))
    return statuses


def get(address: tuple[str, int], study: str, wanted: Sequence[tuple[str, str]]) -> dict[str, tuple[str, bytes]]:
    """Fetch a study by C-GET in the wanted (SOP Class, Transfer Syntax); give {instance: (syntax, data set bytes)}."""
    received: dict[str, tuple[str, bytes]] = {}

    def keep(event: Event) -> int:
        context = event.context.transfer_syntax
        received[str(event.request.AffectedSOPInstanceUID)] = (str(context), event.request.DataSet.getvalue())
        return 0

    model = str(StudyRootQueryRetrieveInformationModelGet)
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", study
    contexts = [(model, "1.2.840.10008.1.2"), *sorted(set(wanted))]
    roles = sorted({sop_class for sop_class, _ in wanted})
    with associated(address, contexts, roles=roles, handlers=[(evt.EVT_C_STORE, keep)]) as link:
        answers = list(link.send_c_get(query, model))
    assert answers[-1][0].Status == 0x0000, answers[-1]
    return received


def encoded(dataset: Dataset, *, implicit: bool = True) -> bytes:
    """Give the bytes of a data set in a little endian syntax."""
    data = encode(dataset, implicit, True)
    assert data is not None
    return data


def files_in(folder: Path) -> list[Path]:
    """Give the files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
