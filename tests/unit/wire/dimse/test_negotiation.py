"""The rules of association negotiation, without a socket."""

from dataclasses import replace

import pytest

from radiotheque.core.aetitle import AETitle
from radiotheque.core.peer import Peer, Service
from radiotheque.dicom.filemeta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from radiotheque.dicom.sopclasses import STORAGE
from radiotheque.dicom.syntaxes import (
    EXPLICIT_BE,
    EXPLICIT_LE,
    IMPLICIT_LE,
    JPEG_2000_LOSSLESS,
    JPEG_BASELINE,
    JPEG_LOSSLESS_SV1,
    PREFERENCE,
    SYNTAXES,
)
from radiotheque.wire.dimse import negotiation
from radiotheque.wire.dimse.items import CommonExtended, Extended, Role, UserInformation
from radiotheque.wire.dimse.negotiation import Options, Spoken
from radiotheque.wire.dimse.pdu import AssociateReject, AssociateRequest, ProposedContext

CR, PRIVATE = "1.2.840.10008.5.1.4.1.1.1", "1.3.6.1.4.1.9999.1"
FIND, GET, COMMIT, ECHO = (
    "1.2.840.10008.5.1.4.1.2.2.1",
    "1.2.840.10008.5.1.4.1.2.2.3",
    "1.2.840.10008.1.20.1",
    "1.2.840.10008.1.1",
)
SPOKEN = Spoken(
    aets=frozenset({"RADIOTHEQUE"}),
    services={ECHO: Service.ECHO, FIND: Service.FIND, GET: Service.GET, COMMIT: Service.COMMIT},
    storage=frozenset(STORAGE),
    preference=PREFERENCE,
    lossless=frozenset(uid for uid, row in SYNTAXES.items() if row.lossless),
)
PEER = Peer(AETitle("MODALITY"), "127.0.0.1", 104)


def proposal(*contexts: tuple[str, tuple[str, ...]], **user: object) -> AssociateRequest:
    proposed = tuple(ProposedContext(2 * n + 1, uid, syntaxes) for n, (uid, syntaxes) in enumerate(contexts))
    return AssociateRequest("RADIOTHEQUE", "MODALITY", proposed, UserInformation(**user))  # type: ignore[arg-type]


def answered(request: AssociateRequest, peer: Peer = PEER, spoken: Spoken = SPOKEN) -> list[tuple[int, str]]:
    return [(each.result, each.transfer_syntax) for each in negotiation.answer_contexts(request, peer, spoken)]


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ((IMPLICIT_LE, EXPLICIT_LE), EXPLICIT_LE),
        ((IMPLICIT_LE, JPEG_LOSSLESS_SV1), JPEG_LOSSLESS_SV1),
        ((JPEG_BASELINE, IMPLICIT_LE), IMPLICIT_LE),
        ((JPEG_BASELINE, EXPLICIT_BE), EXPLICIT_BE),
        ((JPEG_BASELINE,), JPEG_BASELINE),
        (("1.2.3.4", IMPLICIT_LE), IMPLICIT_LE),
    ],
)
def test_the_syntax_is_explicit_then_lossless_then_implicit_then_lossy(offered: tuple[str, ...], taken: str) -> None:
    assert answered(proposal((CR, offered))) == [(0, taken)]


def test_a_peer_has_its_own_order() -> None:
    peer = replace(PEER, syntaxes=(JPEG_2000_LOSSLESS, IMPLICIT_LE))
    assert answered(proposal((CR, (EXPLICIT_LE, IMPLICIT_LE, JPEG_2000_LOSSLESS))), peer) == [(0, JPEG_2000_LOSSLESS)]


def test_a_peers_order_never_brings_a_lossy_syntax_where_a_lossless_one_is_offered() -> None:
    peer = replace(PEER, syntaxes=(JPEG_BASELINE,))
    assert answered(proposal((CR, (JPEG_BASELINE, IMPLICIT_LE))), peer) == [(0, IMPLICIT_LE)]


def test_every_storage_class_is_taken_in_every_syntax() -> None:
    for sop_class in STORAGE:
        request = proposal(*((sop_class, (syntax,)) for syntax in SYNTAXES))
        assert answered(request) == [(0, syntax) for syntax in SYNTAXES]


def test_a_private_class_is_taken_unless_the_policy_says_no() -> None:
    request = proposal((PRIVATE, (EXPLICIT_LE,)))
    assert answered(request)[0][0] == 0
    assert answered(request, spoken=replace(SPOKEN, unknown=False))[0][0] == 3


@pytest.mark.parametrize(("related", "result"), [((CR,), 0), ((), 3), (("1.2.3",), 3)])
def test_a_private_class_that_specialises_a_storage_class_is_taken_whatever_the_policy(
    related: tuple[str, ...], result: int
) -> None:
    declared = CommonExtended(PRIVATE, "1.2.840.10008.4.2", related)
    request = proposal((PRIVATE, (EXPLICIT_LE,)), common=(declared,))
    assert answered(request, spoken=replace(SPOKEN, unknown=False))[0][0] == result


@pytest.mark.parametrize("uid", ["1.2.840.10008.5.1.1.9", "1.2.840.10008.5.1.4.31", "1.2.840.10008.3.1.2.3.3"])
def test_other_services_of_the_standard_are_not_mistaken_for_storage(uid: str) -> None:
    assert answered(proposal((uid, (EXPLICIT_LE,))))[0][0] == 3


def test_a_context_without_a_syntax_spoken_here_is_answered_4() -> None:
    assert answered(proposal((CR, ("1.2.3",)), (FIND, (JPEG_BASELINE,)))) == [(4, "1.2.3"), (4, JPEG_BASELINE)]


def test_a_service_that_the_peer_may_not_use_is_rejected_by_the_user() -> None:
    peer = replace(PEER, may=frozenset({Service.FIND}))
    request = proposal((CR, (EXPLICIT_LE,)), (FIND, (IMPLICIT_LE,)), (ECHO, (IMPLICIT_LE,)))
    assert [result for result, _ in answered(request, peer)] == [1, 0, 1]


def test_a_get_requestor_offers_storage_in_the_scp_role() -> None:
    peer = replace(PEER, may=frozenset({Service.GET}))
    request = proposal((GET, (IMPLICIT_LE,)), (CR, (EXPLICIT_LE,)), roles=(Role(CR, False, True),))
    answers = negotiation.answer_contexts(request, peer, SPOKEN)
    assert [each.result for each in answers] == [0, 0]
    user = negotiation.answer_user(request, negotiation.agreed(request, answers), SPOKEN)
    assert user.roles == (Role(CR, False, True),)


def test_roles_of_a_query_are_not_reversed() -> None:
    request = proposal((FIND, (IMPLICIT_LE,)), roles=(Role(FIND, True, True),))
    contexts = negotiation.agreed(request, negotiation.answer_contexts(request, PEER, SPOKEN))
    assert negotiation.answer_user(request, contexts, SPOKEN).roles == (Role(FIND, True, False),)


def test_a_commitment_report_may_come_from_a_peer_in_the_scp_role() -> None:
    peer = replace(PEER, may=frozenset())
    request = proposal((COMMIT, (IMPLICIT_LE,)), roles=(Role(COMMIT, False, True),))
    assert answered(request, peer)[0][0] == 0


@pytest.mark.parametrize(
    ("info", "answer", "agreed"),
    [
        # PS3.4 table C.5.1-1: relational, combined date and time, fuzzy, time zone, frame conversion
        (b"\1\0\1", b"\1\0\1", Options(relational=True, fuzzy=True)),
        (b"\1\1\1\1\1", b"\1\1\1\1\0", Options(True, True, True, True)),
        (b"\0", b"\0", Options()),
        (b"", b"", Options()),
    ],
)
def test_query_options_are_those_asked_for_that_are_spoken_here(info: bytes, answer: bytes, agreed: Options) -> None:
    request = proposal((FIND, (IMPLICIT_LE,)), extended=(Extended(FIND, info),))
    contexts = negotiation.agreed(request, negotiation.answer_contexts(request, PEER, SPOKEN))
    user = negotiation.answer_user(request, contexts, SPOKEN)
    assert user.extended == (Extended(FIND, answer),)
    assert negotiation.options(user.extended)[FIND] == agreed


def test_storage_is_full_bit_preserving_and_without_coercion() -> None:
    request = proposal((CR, (EXPLICIT_LE,)), extended=(Extended(CR, b"\2\0\3\0\0\0"),))
    contexts = negotiation.agreed(request, negotiation.answer_contexts(request, PEER, SPOKEN))
    # PS3.4 table B.3-2: level 2, signature level 3, no element coercion
    assert negotiation.answer_user(request, contexts, SPOKEN).extended == (Extended(CR, b"\2\0\3\0\0\0"),)


def test_the_window_is_one_operation_each_way_when_asked_about() -> None:
    asked = negotiation.answer_user(proposal(async_window=(0, 8)), {}, SPOKEN)
    assert asked.async_window == (1, 1)
    assert negotiation.answer_user(proposal(), {}, SPOKEN).async_window is None


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"called": "OTHER"}, AssociateReject(1, 1, 7)),
        ({"protocol_version": 2}, AssociateReject(1, 2, 2)),
        ({"application_context": "1.2.3"}, AssociateReject(1, 1, 2)),
        ({"protocol_version": 3}, None),
        ({}, None),
    ],
)
def test_a_wrong_request_is_rejected_with_the_reason_of_the_standard(
    change: dict[str, object], answer: AssociateReject | None
) -> None:
    assert negotiation.refuse(replace(proposal(), **change), SPOKEN) == answer


def test_the_answer_names_the_implementation_as_the_kept_files_do() -> None:
    user = negotiation.answer_user(proposal(), {}, SPOKEN)
    assert (user.implementation_uid, user.implementation_version) == (
        IMPLEMENTATION_CLASS_UID,
        IMPLEMENTATION_VERSION_NAME,
    )
    assert len(user.implementation_version) <= 16  # PS3.7 D.3.3.2.3
