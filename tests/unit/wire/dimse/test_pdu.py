"""PDUs against pynetdicom, which encodes and decodes them too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ

from radiotheque.core.errors import Malformed
from radiotheque.wire.dimse.items import CommonExtended, Extended, Role, UserIdentity, UserInformation
from radiotheque.wire.dimse.pdu import (
    Abort,
    AnsweredContext,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    ProposedContext,
    decode_abort,
    decode_accept,
    decode_reject,
    decode_request,
    encode_abort,
    encode_accept,
    encode_reject,
    encode_request,
    pdata_header,
)

CT, CR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.1"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"

USER = UserInformation(
    max_length=131072,
    implementation_uid="1.2.3.4",
    implementation_version="TEST_1",
    async_window=(3, 5),
    roles=(Role(CT, True, True), Role(CR, False, True)),
    extended=(Extended(CT, b"\x02\x00\x03\x00\x00\x00"),),
    common=(CommonExtended("1.2.3", "1.2.840.10008.4.2", (CT, CR)),),
    identity=UserIdentity(2, True, b"marie", b"secret"),
)
REQUEST = AssociateRequest(
    "RADIOTHEQUE", "MODALITY", (ProposedContext(1, CT, (EXPLICIT, IMPLICIT)), ProposedContext(3, CR, (IMPLICIT,))), USER
)
ACCEPT = AssociateAccept(
    "RADIOTHEQUE",
    "MODALITY",
    (AnsweredContext(1, 0, EXPLICIT), AnsweredContext(3, 3, IMPLICIT)),
    UserInformation(max_length=16384, implementation_uid="1.2.3", async_window=(1, 1), identity_answer=b""),
)


def test_a_request_comes_back_as_it_was() -> None:
    assert decode_request(encode_request(REQUEST)[6:]) == REQUEST


def test_an_accept_comes_back_as_it_was() -> None:
    assert decode_accept(encode_accept(ACCEPT)[6:]) == ACCEPT


def test_pynetdicom_reads_the_same_request() -> None:
    theirs = A_ASSOCIATE_RQ()
    theirs.decode(encode_request(REQUEST))
    assert (theirs.called_ae_title, theirs.calling_ae_title) == ("RADIOTHEQUE", "MODALITY")
    assert [(each.context_id, each.abstract_syntax) for each in theirs.presentation_context] == [(1, CT), (3, CR)]
    primitive = theirs.to_primitive()
    assert primitive.maximum_length_received == 131072
    kinds = {type(each).__name__: each for each in primitive.user_information}
    assert kinds["UserIdentityNegotiation"].primary_field == b"marie"
    assert kinds["UserIdentityNegotiation"].secondary_field == b"secret"
    assert kinds["SOPClassCommonExtendedNegotiation"].related_general_sop_class_identification == [CT, CR]
    assert kinds["AsynchronousOperationsWindowNegotiation"].maximum_number_operations_invoked == 3
    assert kinds["SOPClassExtendedNegotiation"].service_class_application_information == b"\x02\x00\x03\x00\x00\x00"


def test_pynetdicom_reads_the_same_accept() -> None:
    theirs = A_ASSOCIATE_AC()
    theirs.decode(encode_accept(ACCEPT))
    assert [(each.context_id, each.result) for each in theirs.presentation_context] == [(1, 0), (3, 3)]


def test_what_pynetdicom_encodes_is_read_the_same() -> None:
    theirs = A_ASSOCIATE_RQ()
    theirs.decode(encode_request(REQUEST))
    assert decode_request(theirs.encode()[6:]) == REQUEST


def test_the_fixed_pdus_have_the_bytes_of_the_standard() -> None:
    # PS3.8 9.3.4, 9.3.8, 9.3.5, written out by hand
    assert encode_reject(AssociateReject(1, 1, 7)) == bytes.fromhex("03000000000400010107")
    assert encode_abort(Abort(2, 6)) == bytes.fromhex("07000000000400000206")
    assert pdata_header(5, 10, command=True, last=True) == bytes.fromhex("0400000000100000000c0503")
    assert decode_reject(bytes.fromhex("00010107")) == AssociateReject(1, 1, 7)
    assert decode_abort(bytes.fromhex("00000206")) == Abort(2, 6)


@pytest.mark.parametrize("context_id", [0, 2, 254])
def test_an_even_context_identifier_is_malformed(context_id: int) -> None:
    body = bytearray(encode_request(REQUEST)[6:])
    body[body.index(b"\x20\x00", 68) + 4] = context_id
    with pytest.raises(Malformed):
        decode_request(bytes(body))


def test_two_contexts_with_one_identifier_are_malformed() -> None:
    twice = AssociateRequest("A", "B", (ProposedContext(1, CT, (IMPLICIT,)),) * 2, UserInformation())
    with pytest.raises(Malformed):
        decode_request(encode_request(twice)[6:])


@given(cut=st.integers(0, len(encode_request(REQUEST)) - 7))
def test_a_cut_request_is_malformed_or_a_shorter_one_never_another_error(cut: int) -> None:
    try:
        decode_request(encode_request(REQUEST)[6 : 6 + cut])
    except Malformed:
        return
    assert cut >= 68  # only a cut between items leaves something readable
