"""Small made radiographs as they are offered to a house: by C-STORE, or as a file."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from phantoms import dataset_bytes, part10, phantom_dataset
from radiotheque.app import House
from radiotheque.archive.incoming import StreamIncoming
from radiotheque.core.caller import Caller, Door
from radiotheque.core.instance import Form, Receipt
from radiotheque.dicom.syntaxes import EXPLICIT_LE
from radiotheque.security import house_caller

LONG_HEAD_BYTES = 300 << 10
"""More than is looked at of a head at first, so that the object is spooled."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An object to be offered; `data` is what goes over the wire in its form."""

    instance: str
    study: str
    sop_class: str
    form: Form
    data: bytes
    sha256: str

    @property
    def dataset(self) -> bytes:
        """The data set alone."""
        return self.data if self.form is Form.DATASET else dataset_bytes(self.data)


def made(form: Form = Form.DATASET, *, long_head: bool = False, **wishes: Any) -> Sent:
    """Make an object of a few hundred bytes of pixels; see `Film` for what may be wished."""
    ds = phantom_dataset(**{"rows": 16, "columns": 16} | wishes)
    if long_head:
        ds.private_block(0x0009, "RADIOTHEQUE TEST", create=True).add_new(0x01, "OB", bytes(LONG_HEAD_BYTES))
    file = part10(ds, EXPLICIT_LE)
    dataset = dataset_bytes(file)
    return Sent(
        str(ds.SOPInstanceUID),
        str(ds.StudyInstanceUID),
        str(ds.SOPClassUID),
        form,
        dataset if form is Form.DATASET else file,
        hashlib.sha256(dataset).hexdigest(),
    )


def offer(house: House, sent: Sent, **origin: Any) -> Receipt:
    """Offer an object to the archive as a wire does."""
    command = (EXPLICIT_LE, sent.sop_class, sent.instance) if sent.form is Form.DATASET else ("", "", "")
    came_from = house.origin(_sender(), "dimse" if sent.form is Form.DATASET else "stow")
    if origin:
        came_from = replace(came_from, **origin)
    incoming = StreamIncoming(came_from, [sent.data], sent.form, *command)
    return house.archive.receive(incoming)


def _sender() -> Caller:
    return house_caller(Door.CLI, "MODALITY")


def a_days_work(run: int) -> Sequence[Sent]:
    """Give objects that take every way in: a new study, its second image, a file of another series, the same image
    again, the same UID with other content, one with a long head, and one of another patient in the same study."""
    whose: dict[str, Any] = {"patient_id": f"CRASH-{run}", "study": "1"}
    first = made(**whose)
    return (
        first,
        made(**whose, instance="2"),
        made(Form.PART10, **whose, series="2"),
        first,
        made(**whose, seed=7),
        made(long_head=True, **whose, instance="3"),
        made(patient_id=f"OTHER-{run}", extra={"StudyInstanceUID": first.study}),
    )
