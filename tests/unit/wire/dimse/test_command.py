"""Command sets against pydicom, which reads and writes group 0000 too."""

from io import BytesIO

import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pynetdicom.dsutils import encode

from radiotheque.core.errors import Malformed
from radiotheque.wire.dimse.command import (
    AFFECTED_SOP_INSTANCE,
    Command,
    Field,
    comment,
    decode_command,
    request,
    response,
)

CR = "1.2.840.10008.5.1.4.1.1.1"


def store_request() -> Command:
    theirs = Dataset()
    theirs.AffectedSOPClassUID = CR
    theirs.CommandField = 1
    theirs.MessageID = 7
    theirs.Priority = 2
    theirs.CommandDataSetType = 1
    theirs.AffectedSOPInstanceUID = "1.2.3"
    theirs.MoveOriginatorApplicationEntityTitle = "WORKSTATION"
    theirs.MoveOriginatorMessageID = 12
    return decode_command(encode(theirs, True, True) or b"")


def read(data: bytes) -> Dataset:
    return read_dataset(BytesIO(data), is_implicit_VR=True, is_little_endian=True)


def test_a_command_that_pydicom_wrote_is_read() -> None:
    command = store_request()
    assert (command.field, command.message_id, command.has_dataset) == (Field.C_STORE_RQ, 7, True)
    assert command.text(AFFECTED_SOP_INSTANCE) == "1.2.3"


def test_pydicom_reads_a_response_with_group_length_and_even_values() -> None:
    theirs = read(response(store_request(), 0xA700, error_comment="disk full", offending_element=b"\x10\0\x10\0"))
    assert theirs.CommandField == 0x8001
    assert theirs.MessageIDBeingRespondedTo == 7
    assert theirs.Status == 0xA700
    assert theirs.AffectedSOPClassUID == CR
    assert theirs.AffectedSOPInstanceUID == "1.2.3"
    assert theirs.ErrorComment == "disk full"
    assert theirs.OffendingElement == 0x00100010
    assert theirs.CommandDataSetType == 0x0101
    bare = response(store_request(), 0)
    assert read(bare).CommandGroupLength == len(bare) - 12


def test_pydicom_reads_a_request_in_ascending_order() -> None:
    theirs = read(
        request(Field.C_STORE_RQ, 3, dataset=True, affected_sop_instance="1.2.3", affected_sop_class=CR, priority=0)
    )
    assert [int(element.tag) for element in theirs] == sorted(int(element.tag) for element in theirs)
    assert (theirs.MessageID, theirs.CommandDataSetType, theirs.AffectedSOPInstanceUID) == (3, 1, "1.2.3")


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\1\2\0\0",  # a cut header
        b"\0\0\0\1\x10\0\0\0\1\0",  # a length beyond the end
        b"\x10\0\0\1\2\0\0\0\1\0",  # an element of another group
        b"\0\0\x10\1\2\0\0\0\1\0",  # no Command Field
        b"\0\0\0\1\1\0\0\0\1",  # a US of one byte
    ],
)
def test_a_broken_command_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_command(data)


def test_an_error_comment_is_an_lo_of_64_plain_characters() -> None:
    told = comment("Données \\ illisibles:\n" + "x" * 100)
    assert len(told) == 64
    assert told.startswith("Donn es illisibles: xxx")
