"""May it come in? Pure rules over what is believed of an object; what is held decides the rest, in the catalog."""

from collections.abc import Callable
from dataclasses import dataclass

from radiotheque.core.caller import Permission
from radiotheque.core.errors import Mismatch, NotPermitted, TooLarge, Unsupported
from radiotheque.core.instance import Form, Header, Incoming, Keep, Verdict
from radiotheque.dicom.sopclasses import is_storage

type Admission = Callable[[Header, Incoming], Verdict]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is admitted. `max_object_bytes` bounds one object on the wire, before any inflating."""

    max_object_bytes: int = 4 << 30
    unknown_sop_classes: bool = True
    syntaxes: frozenset[str] = frozenset()
    """Transfer syntaxes that are kept; empty keeps any, so that what cannot be decoded is still given back as is."""
    indexed: tuple[str, ...] = ()
    """Attributes that are taken from the header beside those that are always indexed."""


def admit(header: Header, incoming: Incoming, rules: Rules) -> Verdict:
    """Say whether an object may come in, by its header alone.

    Raises `NotPermitted` (the sender may not store), `Unsupported` (SOP Class or Transfer Syntax by policy), and
    `Mismatch` when the data set contradicts its command or request (PS3.4 B.2.3, status A900).
    """
    if Permission.STUDY_STORE not in incoming.origin.caller.permissions:
        raise NotPermitted("{name} may not store objects here; nothing was kept", name=incoming.origin.caller.name)
    identity = header.identity
    if not rules.unknown_sop_classes and not is_storage(identity.sop_class):
        raise Unsupported("SOP Class {sop_class} is not taken here; nothing was kept", sop_class=identity.sop_class)
    if rules.syntaxes and header.transfer_syntax not in rules.syntaxes:
        raise Unsupported(
            "Transfer Syntax {transfer_syntax} is not taken here; nothing was kept",
            transfer_syntax=header.transfer_syntax,
        )
    _agree("Study Instance UID", incoming.study, identity.study)
    if incoming.form is Form.DATASET:
        # A C-STORE names the instance in its command too. For a file the data set is the truth: see `misnamed`.
        _agree("SOP Class UID", incoming.sop_class, identity.sop_class)
        _agree("SOP Instance UID", incoming.sop_instance, identity.sop_instance)
    return Keep()


def misnamed(header: Header) -> str:
    """Say in what a file's File Meta Information contradicts its data set, "" in nothing (PS3.10 7.1).

    Such a file is kept, and given back, as it came, and its sender is warned: an image is not lost for the words
    before it, and bytes as received do not change.
    """
    found = (header.identity.sop_class, header.identity.sop_instance)
    wrong = [
        f"{what} {said} in its File Meta Information, {true} in its data set"
        for what, said, true in zip(("SOP Class UID", "SOP Instance UID"), header.declared, found, strict=True)
        if said and said != true
    ]
    return f"the file has {', '.join(wrong)}; kept as it came, by its data set" if wrong else ""


def bounded(size_bytes: int, rules: Rules) -> None:
    """Raise `TooLarge` when an object has grown beyond what is admitted."""
    if size_bytes > rules.max_object_bytes:
        raise TooLarge("the object is larger than {limit} bytes; nothing was kept of it", limit=rules.max_object_bytes)


def _agree(what: str, said: str, found: str) -> None:
    if said and said != found:
        raise Mismatch(
            "{what} is {found} in the data set but {said} in what came with it; nothing was kept",
            what=what,
            found=found,
            said=said,
        )
