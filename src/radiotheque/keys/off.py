"""The ring of `--sealing off`: identifiers without secrets."""

import secrets

from radiotheque.core.ports import StudyKey


class NullKeyRing:
    """A `KeyRing` for volumes that are encrypted already: every key id is known and no key has a secret."""

    def fresh(self) -> StudyKey:
        """Give an identifier never used before, of the same form as a key's."""
        return StudyKey(secrets.token_hex(16))

    def get(self, key_id: str) -> StudyKey:
        """Give the identifier back."""
        return StudyKey(key_id)

    def purpose_key(self, purpose: str) -> bytes:
        """Give b"": nothing is encrypted."""
        return b""

    def close(self) -> None:
        """Nothing to close."""
