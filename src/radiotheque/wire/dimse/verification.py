"""Verification Service Class, SCP: C-ECHO (PS3.4 A)."""

from radiotheque.wire.dimse.answers import SUCCESS, UNRECOGNISED_OPERATION, Tongue
from radiotheque.wire.dimse.association import Association, Message
from radiotheque.wire.dimse.command import Field

VERIFICATION = "1.2.840.10008.1.1"


class Verification:
    """Says that we are there."""

    tongue = Tongue.NORMALISED

    def handle(self, association: Association, message: Message) -> None:
        """Answer a C-ECHO-RQ with Success (PS3.7 9.1.5)."""
        known = message.command.field == Field.C_ECHO_RQ
        association.reply(message, SUCCESS if known else UNRECOGNISED_OPERATION)
