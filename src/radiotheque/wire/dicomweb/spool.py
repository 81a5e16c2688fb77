"""Bulk data that waits for the object it belongs to: in memory while small, then sealed on disk."""

import os
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from radiotheque.core.errors import TooLarge

IN_MEMORY_BYTES = 1 << 20
PIECE_BYTES = 1 << 20


class Spool:
    """Bytes written once and then read as often as needed.

    On disk they are encrypted with a key that lives in memory alone, in a file without a name: images never
    lie in the open in a temporary folder, and nothing is left when the process ends.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._cipher = Cipher(algorithms.AES(os.urandom(32)), modes.CTR(bytes(16)))
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115  # closed by close()
        self._sealing: Any = self._cipher.encryptor()
        self.size_bytes = 0

    def write(self, pieces: Iterator[bytes]) -> None:
        """Keep the pieces. Raises `TooLarge` over the limit."""
        for piece in pieces:
            self.size_bytes += len(piece)
            if self.size_bytes > self._limit_bytes:
                raise TooLarge(f"bulk data of more than {self._limit_bytes} bytes; nothing was kept of it")
            self._file.write(self._sealing.update(piece))

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Give bytes [start, stop)."""
        return b"".join(self.chunks(start, stop))

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield bytes [start, stop) in pieces of 1 MiB."""
        end = self.size_bytes if stop is None else min(stop, self.size_bytes)
        block = start // 16
        counter = Cipher(self._cipher.algorithm, modes.CTR(block.to_bytes(16))).decryptor()
        self._file.seek(block * 16)
        counter_start = block * 16
        skip = start - counter_start
        while counter_start < end:
            piece = counter.update(self._file.read(min(PIECE_BYTES, end - counter_start)))
            counter_start += len(piece)
            yield piece[skip:] if skip else piece
            skip = 0

    def close(self) -> None:
        """Forget the bytes."""
        self._file.close()
