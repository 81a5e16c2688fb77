"""The state table against another implementation of PS3.8 table 9-10."""

import pytest
from pynetdicom.fsm import TRANSITION_TABLE

from radiotheque.core.errors import Malformed
from radiotheque.wire.dimse.states import TABLE, Action, Event, Machine, State


def test_every_cell_names_the_action_that_pynetdicom_takes() -> None:
    ours = {
        (f"Evt{event}", f"Sta{state}"): action.name.replace("_", "-")
        for event, row in TABLE.items()
        for state, (action, _) in row.items()
    }
    assert ours == {cell: action.replace("_", "-") for cell, action in TRANSITION_TABLE.items()}


def test_every_action_is_one_of_its_own() -> None:
    assert len(Action) == 28


def test_an_acceptor_goes_through_an_association_and_back_to_waiting_for_the_close() -> None:
    machine = Machine()
    steps = [Event.CONNECTION_INDICATED, Event.RQ_RECEIVED, Event.ACCEPT, Event.DATA_RECEIVED]
    steps += [Event.RELEASE_RQ_RECEIVED, Event.RELEASE_RESPONSE]
    actions = [machine.on(step) for step in steps]
    assert actions == [Action.AE_5, Action.AE_6, Action.AE_7, Action.DT_2, Action.AR_2, Action.AR_4]
    assert machine.state == State.AWAITING_CLOSE


@pytest.mark.parametrize(("requestor", "state"), [(True, 9), (False, 10)])
def test_a_release_collision_depends_on_who_asked_for_the_association(requestor: bool, state: int) -> None:
    machine = Machine(requestor, State.AWAITING_RELEASE_RP)
    assert machine.on(Event.RELEASE_RQ_RECEIVED) is Action.AR_8
    assert machine.state == state


def test_an_event_that_cannot_be_is_said_to_be_malformed() -> None:
    with pytest.raises(Malformed):
        Machine().on(Event.DATA_RECEIVED)
