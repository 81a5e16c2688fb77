"""C-STORE sub-operations of a C-GET, on the association that asked (PS3.4 C.4.3): `core.ports.Sending`."""

from collections.abc import Iterable

from radiotheque.core.instance import Buffer
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.association import Association
from radiotheque.wire.dimse.command import Field
from radiotheque.wire.dimse.sender import StoreContexts, store_request, store_status


class GetSending(StoreContexts):
    """Sends on the contexts in which the requestor took the SCP role (PS3.7 D.3.3.4)."""

    def __init__(self, association: Association, get_id: int) -> None:
        session = association.session
        willing = {uid for uid, role in session.roles.items() if role.scp}
        super().__init__(context for context in session.contexts.values() if context.abstract_syntax in willing)
        self._association, self._get_id = association, get_id

    def store(
        self,
        sop_class: UID,
        sop_instance: UID,
        syntax: UID,
        dataset: Iterable[Buffer],
        *,
        move_originator: tuple[str, int] | None = None,
    ) -> int:
        """Send one data set and give the requestor's status; a cancel that comes meanwhile is remembered."""
        context, association = self.context_for(sop_class, syntax), self._association
        message_id = association.next_id()
        association.stream(context, store_request(message_id, sop_class, sop_instance), dataset)
        while (message := association.next_message()) is not None:
            if message.command.field != Field.C_CANCEL_RQ:
                return store_status(message, message_id, association)
            association.note_cancel(message, self._get_id)
        return -1

    def __enter__(self) -> "GetSending":
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to close: the association is the requestor's."""
