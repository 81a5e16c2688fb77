"""No error of the tree lacks a DIMSE answer."""

import pytest

from radiotheque.core import errors
from radiotheque.core.errors import RadiothequeError
from radiotheque.wire.dimse.answers import ANSWERS, Tongue, answer_for


def all_errors(root: type[RadiothequeError] = RadiothequeError) -> list[type[RadiothequeError]]:
    own = [each for each in root.__subclasses__() if each.__module__ == errors.__name__]
    return [kind for each in own for kind in (each, *all_errors(each))]


LEAVES = [each for each in all_errors() if each is not errors.Refused]


@pytest.mark.parametrize("tongue", Tongue)
@pytest.mark.parametrize("kind", LEAVES)
def test_every_error_has_an_answer_of_its_own_in_every_service(kind: type[RadiothequeError], tongue: Tongue) -> None:
    assert kind in ANSWERS[tongue]
    answer = answer_for(kind(), tongue)
    assert answer.status not in (0, 0xFF00, 0xFF01)
    assert answer.comment


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        # PS3.4 table B.2-1 and PS3.7 annex C
        (errors.OutOfSpace, 0xA700),
        (errors.Unavailable, 0xA700),
        (errors.Mismatch, 0xA900),
        (errors.Malformed, 0xC000),
        (errors.NotPermitted, 0x0124),
        (errors.Unsupported, 0x0122),
    ],
)
def test_a_store_is_answered_with_the_statuses_of_the_standard(kind: type[RadiothequeError], status: int) -> None:
    assert answer_for(kind("why"), Tongue.STORE).status == status


def test_an_error_of_a_room_is_answered_as_the_nearest_of_the_tree() -> None:
    class TooManyNested(errors.Malformed):
        pass

    assert answer_for(TooManyNested("deep"), Tongue.STORE).status == 0xC000
