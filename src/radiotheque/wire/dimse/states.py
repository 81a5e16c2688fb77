"""The upper layer's state machine, as the table it is (PS3.8 9.2, table 9-10)."""

from dataclasses import dataclass
from enum import Enum, IntEnum

from radiotheque.core.errors import Malformed


class State(IntEnum):
    """States of PS3.8 tables 9-1 to 9-5."""

    IDLE = 1
    AWAITING_REQUEST = 2
    AWAITING_LOCAL_ANSWER = 3
    AWAITING_CONNECTION = 4
    AWAITING_ACCEPT = 5
    ESTABLISHED = 6
    AWAITING_RELEASE_RP = 7
    AWAITING_LOCAL_RELEASE = 8
    COLLISION_REQUESTOR_LOCAL = 9
    COLLISION_ACCEPTOR_RP = 10
    COLLISION_REQUESTOR_RP = 11
    COLLISION_ACCEPTOR_LOCAL = 12
    AWAITING_CLOSE = 13


class Event(IntEnum):
    """Events of PS3.8 table 9-10, by their number there."""

    ASSOCIATE_REQUEST = 1
    CONNECTED = 2
    AC_RECEIVED = 3
    RJ_RECEIVED = 4
    CONNECTION_INDICATED = 5
    RQ_RECEIVED = 6
    ACCEPT = 7
    REJECT = 8
    DATA_REQUEST = 9
    DATA_RECEIVED = 10
    RELEASE_REQUEST = 11
    RELEASE_RQ_RECEIVED = 12
    RELEASE_RP_RECEIVED = 13
    RELEASE_RESPONSE = 14
    ABORT_REQUEST = 15
    ABORT_RECEIVED = 16
    CLOSED = 17
    ARTIM_EXPIRED = 18
    INVALID_PDU = 19


class Action(Enum):
    """Actions of PS3.8 tables 9-6 to 9-9."""

    AE_1 = "connect"
    AE_2 = "send A-ASSOCIATE-RQ"
    AE_3 = "confirm acceptance"
    AE_4 = "confirm rejection and close"
    AE_5 = "start ARTIM"
    AE_6 = "stop ARTIM, indicate the request or reject it"
    AE_7 = "send A-ASSOCIATE-AC"
    AE_8 = "send A-ASSOCIATE-RJ, start ARTIM"
    DT_1 = "send P-DATA-TF"
    DT_2 = "indicate P-DATA"
    AR_1 = "send A-RELEASE-RQ"
    AR_2 = "indicate release"
    AR_3 = "confirm release and close"
    AR_4 = "send A-RELEASE-RP, start ARTIM"
    AR_5 = "stop ARTIM"
    AR_6 = "indicate P-DATA while releasing"
    AR_7 = "send P-DATA-TF while being released"
    AR_8 = "indicate release collision"
    AR_9 = "send A-RELEASE-RP in a collision"
    AR_10 = "confirm release in a collision"
    AA_1 = "send A-ABORT of the service-user, start ARTIM"
    AA_2 = "stop ARTIM and close"
    AA_3 = "indicate the peer's abort and close"
    AA_4 = "indicate a provider abort"
    AA_5 = "stop ARTIM, nothing had come"
    AA_6 = "ignore the PDU"
    AA_7 = "send A-ABORT again"
    AA_8 = "send A-ABORT of the service-provider, indicate it, start ARTIM"


type Row = dict[int, tuple[Action, int]]


def _row(others: tuple[Action, int] | None = None, **cells: tuple[Action, int]) -> Row:
    """Give one row of the table: `others` fills the states of an open association (3, 5 to 12)."""
    row: Row = {} if others is None else dict.fromkeys((3, 5, 6, 7, 8, 9, 10, 11, 12), others)
    row.update({int(name[3:]): cell for name, cell in cells.items()})
    return row


_A = Action
_BAD = (_A.AA_8, 13)  # a PDU out of place on an open association
_FIRST = (_A.AA_1, 13)  # anything but a request on a fresh connection
_LATE = (_A.AA_6, 13)  # anything after we asked for the connection to close

TABLE: dict[int, Row] = {
    1: _row(Sta1=(_A.AE_1, 4)),
    2: _row(Sta4=(_A.AE_2, 5)),
    3: _row(_BAD, Sta2=_FIRST, Sta5=(_A.AE_3, 6), Sta13=_LATE),
    4: _row(_BAD, Sta2=_FIRST, Sta5=(_A.AE_4, 1), Sta13=_LATE),
    5: _row(Sta1=(_A.AE_5, 2)),
    6: _row(_BAD, Sta2=(_A.AE_6, 3), Sta13=(_A.AA_7, 13)),
    7: _row(Sta3=(_A.AE_7, 6)),
    8: _row(Sta3=(_A.AE_8, 13)),
    9: _row(Sta6=(_A.DT_1, 6), Sta8=(_A.AR_7, 8)),
    10: _row(_BAD, Sta2=_FIRST, Sta6=(_A.DT_2, 6), Sta7=(_A.AR_6, 7), Sta13=_LATE),
    11: _row(Sta6=(_A.AR_1, 7)),
    12: _row(_BAD, Sta2=_FIRST, Sta6=(_A.AR_2, 8), Sta7=(_A.AR_8, 9), Sta13=_LATE),
    13: _row(_BAD, Sta2=_FIRST, Sta7=(_A.AR_3, 1), Sta10=(_A.AR_10, 12), Sta11=(_A.AR_3, 1), Sta13=_LATE),
    14: _row(Sta8=(_A.AR_4, 13), Sta9=(_A.AR_9, 11), Sta12=(_A.AR_4, 13)),
    15: _row(_FIRST, Sta4=(_A.AA_2, 1)),
    16: _row((_A.AA_3, 1), Sta2=(_A.AA_2, 1), Sta13=(_A.AA_2, 1)),
    17: _row((_A.AA_4, 1), Sta2=(_A.AA_5, 1), Sta4=(_A.AA_4, 1), Sta13=(_A.AR_5, 1)),
    18: _row(Sta2=(_A.AA_2, 1), Sta13=(_A.AA_2, 1)),
    19: _row(_BAD, Sta2=_FIRST, Sta13=(_A.AA_7, 13)),
}
"""Event number → state number → (action, next state).

Two cells have a choice: AE-6 goes to state 13 instead when the provider itself rejects, and AR-8 to
state 10 when we are the acceptor.
"""


@dataclass(slots=True)
class Machine:
    """Where one association stands. `requestor`: we asked for it."""

    requestor: bool = False
    state: int = State.IDLE

    def on(self, event: Event) -> Action:
        """Give the action for `event` and move on. Raises `Malformed` for an event that cannot be here."""
        cell = TABLE[event].get(self.state)
        if cell is None:
            raise Malformed(f"{event.name} cannot be in state {State(self.state).name}")
        action, self.state = cell
        if action is Action.AR_8 and not self.requestor:
            self.state = State.COLLISION_ACCEPTOR_RP
        return action
