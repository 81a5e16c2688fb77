"""All DIMSE services of the archive, put together."""

from radiotheque.core.peer import Service
from radiotheque.core.ports import PeerDirectory, Policy
from radiotheque.wire.dimse.line import Line
from radiotheque.wire.dimse.query import PATIENT_ROOT_FIND, STUDY_ROOT_FIND, QueryService
from radiotheque.wire.dimse.server import DimseServer, DimseSettings, Offered
from radiotheque.wire.dimse.storage import Storage
from radiotheque.wire.dimse.verification import VERIFICATION, Verification


def open_dimse(settings: DimseSettings, archive: Line, *, policy: Policy, directory: PeerDirectory) -> DimseServer:
    """Give the DICOM server of the archive, not yet started."""
    return DimseServer(settings, offered(archive), policy=policy, directory=directory)


def offered(archive: Line) -> Offered:
    """Give every service by the abstract syntaxes it answers."""
    query = QueryService(archive)
    return Offered(
        storage=Storage(archive.receive),
        services={
            VERIFICATION: (Service.ECHO, Verification()),
            PATIENT_ROOT_FIND: (Service.FIND, query),
            STUDY_ROOT_FIND: (Service.FIND, query),
        },
    )
