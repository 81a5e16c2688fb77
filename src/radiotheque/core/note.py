"""A kept Key Object Selection on its way to whoever looks whether it is a rejection note."""

from typing import Any

from radiotheque.core.caller import Caller
from radiotheque.core.uid import UID

NOTE = "note"
"""The kind of job by which a kept Key Object Selection is looked at: it may be a rejection note."""


def note_payload(study: UID, instance: UID, sender: Caller) -> dict[str, Any]:
    """Give the payload of a `note` job: which Key Object Selection was kept, and who sent it."""
    who = {"name": sender.name, "door": sender.door.value, "address": sender.address, "via": sender.via}
    return {"study": study, "instance": instance, "sender": who}
