"""The sealed form of one blob, byte for byte as docs/reference/blob-format.md says: pure, no I/O.

    header  = "RTSEAL" ‖ version (1 byte) ‖ log2 of the chunk size (1 byte) ‖ salt (16 random bytes)
    subkey  = HKDF-SHA256(study key, salt = salt, info = version ‖ blob name, 32 bytes)
    chunk i = AES-256-GCM(subkey, nonce = i (11 bytes, big-endian) ‖ last (1 byte), AAD = header)
    sealed  = header ‖ chunk 0 ‖ chunk 1 ‖ … ‖ the last chunk, each with its 16-byte tag behind it

The plain size is not stored: it follows from the sealed size. An empty blob has one empty chunk.
"""

import ctypes
import os
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from radiotheque.core.errors import Damaged
from radiotheque.core.instance import Buffer

MAGIC = b"RTSEAL"
VERSION = 1
CHUNK_BITS = 16
CHUNK = 1 << CHUNK_BITS
TAG = 16
SEALED_CHUNK = CHUNK + TAG
SALT = 16
HEADER = len(MAGIC) + 2 + SALT

_new_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
_new_bytes.argtypes = (ctypes.c_char_p, ctypes.c_ssize_t)
_new_bytes.restype = ctypes.py_object

_PREFIX = {bits: MAGIC + bytes([VERSION, bits]) for bits in range(CHUNK_BITS, 32)}


def fresh_header(chunk_bits: int = CHUNK_BITS) -> bytes:
    """Give the 24-byte header of a new blob, with its own random salt."""
    return _PREFIX[chunk_bits] + os.urandom(SALT)


def sealed_size(plain_bytes: int) -> int:
    """Give the size of the sealed form of so many plain bytes."""
    chunks = max(1, -(-plain_bytes // CHUNK))
    return HEADER + plain_bytes + chunks * TAG


def plain_size(sealed_bytes: int, name: str) -> int:
    """Give how many plain bytes a sealed blob of this size holds. Raises `Damaged` when no blob has this size."""
    body = sealed_bytes - HEADER
    chunks = -(-body // SEALED_CHUNK)
    plain = body - chunks * TAG
    if body < TAG or sealed_size(plain) != sealed_bytes:
        raise Damaged(f"the blob {name} is cut: {sealed_bytes} bytes are no sealed blob; restore it from a copy")
    return plain


class Seal:
    """Seals and unseals the chunks of one blob, named `name`, under its study's key."""

    __slots__ = ("_cipher", "_header", "_name")

    def __init__(self, secret: bytes, name: str, header: bytes, chunk_bits: int = CHUNK_BITS) -> None:
        prefix = _PREFIX[chunk_bits]
        if not header.startswith(prefix) or len(header) != HEADER:
            raise Damaged(_strange(name, header))
        info = bytes([VERSION]) + name.encode()
        subkey = HKDF(SHA256(), 32, header[len(prefix) :], info).derive(secret)
        self._cipher = AESGCM(subkey)
        self._header = header
        self._name = name

    def close_chunk(self, number: int, last: bool, plain: Buffer, into: memoryview) -> None:
        """Seal chunk `number` (from 0) into `into`, which is 16 bytes longer than `plain`."""
        self._cipher.encrypt_into(number.to_bytes(11, "big") + _LAST[last], plain, self._header, into)

    def open_chunk(self, number: int, last: bool, sealed: Buffer, into: memoryview) -> None:
        """Unseal chunk `number` into `into`, which is 16 bytes shorter. Raises `Damaged`."""
        try:
            self._cipher.decrypt_into(number.to_bytes(11, "big") + _LAST[last], sealed, self._header, into)
        except InvalidTag as error:
            raise Damaged(
                f"chunk {number} of the blob {self._name} does not check out: changed, cut, moved, or sealed under "
                "another key; nothing of it is given out; restore it from a copy"
            ) from error


_LAST = (b"\0", b"\1")


def _strange(name: str, header: bytes) -> str:
    if header[: len(MAGIC)] != MAGIC:
        return f"the blob {name} is not sealed: it was kept with sealing off, or its beginning was overwritten"
    return f"the blob {name} is sealed in version {header[6:7].hex()}, unknown here, or cut; upgrade, or restore it"


def seal_stream(seal: Seal, chunks: Iterable[Buffer], held: bytearray, room: bytearray) -> Iterator[memoryview]:
    """Yield the sealed chunks of a stream as pieces of `room`, each valid until the next is asked for.

    `held` is one chunk long and `room` a number of sealed chunks. A whole chunk inside one piece of the
    stream is sealed where it lies; only what straddles two pieces is copied, into `held`.
    """
    number = used = 0
    with memoryview(room) as out:
        for plain, last in _whole_chunks(chunks, held):
            end = used + len(plain) + TAG
            seal.close_chunk(number, last, plain, out[used:end])
            number += 1
            used = end
            if last or used + SEALED_CHUNK > len(out):
                yield out[:used]
                used = 0


def _whole_chunks(chunks: Iterable[Buffer], held: bytearray) -> Iterator[tuple[memoryview, bool]]:
    """Yield every chunk and whether it is the last, which is known only when the stream has ended."""
    filled = 0
    with memoryview(held) as hold:
        for piece in chunks:
            with memoryview(piece) as view:
                at, end = 0, len(view)
                while at < end:
                    if filled == CHUNK:
                        yield hold, False
                        filled = 0
                    elif not filled and end - at > CHUNK:
                        with view[at : at + CHUNK] as whole:
                            yield whole, False
                        at += CHUNK
                    else:
                        take = min(CHUNK - filled, end - at)
                        hold[filled : filled + take] = view[at : at + take]
                        filled += take
                        at += take
        yield hold[:filled], True


def unseal_chunks(seal: Seal, sealed: Buffer, into: memoryview, first: int, *, ends: bool) -> int:
    """Unseal the chunks in `sealed`, of which the first is number `first`, and give how many plain bytes there are.

    `ends` says that the blob's last chunk is among them. Raises `Damaged`.
    """
    at = plain = 0
    number = first
    with memoryview(sealed) as view:
        while at < len(view):
            end = min(at + SEALED_CHUNK, len(view))
            size = end - at - TAG
            seal.open_chunk(number, ends and end == len(view), view[at:end], into[plain : plain + size])
            at, plain, number = end, plain + size, number + 1
    return plain


def unwritten_bytes(size: int) -> tuple[bytes, memoryview]:
    """Give `size` (1 or more) bytes whose content is still to be written, and the view to write it through.

    CPython's C API allows a new bytes object to be filled before anyone else sees it; that saves the copy from
    a buffer, a quarter of the time of unsealing. Nothing may be written after the bytes were handed on.
    """
    data = _new_bytes(None, size)
    place = (ctypes.c_char * size).from_address(id(data) + bytes.__basicsize__ - 1)
    return data, memoryview(place).cast("B")


def seal_bytes(secret: bytes, name: str, data: bytes) -> bytes:
    """Give the sealed form of a value that is always read whole: one chunk, whose size in the header is large enough."""
    header = fresh_header(_bits_of(len(data)))
    room = bytearray(len(data) + TAG)
    with memoryview(room) as into:
        Seal(secret, name, header, _bits_of(len(data))).close_chunk(0, True, data, into)
    return header + room


def unseal_bytes(secret: bytes, name: str, sealed: bytes) -> bytes:
    """Give what `seal_bytes` sealed. Raises `Damaged`."""
    size = len(sealed) - HEADER - TAG
    if size < 0:
        raise Damaged(f"the value {name} is cut: {len(sealed)} bytes are no sealed value")
    seal = Seal(secret, name, sealed[:HEADER], _bits_of(size))
    plain, into = unwritten_bytes(size) if size else (b"", memoryview(bytearray()))
    with memoryview(sealed) as view:
        seal.open_chunk(0, True, view[HEADER:], into)
    return plain


def _bits_of(size: int) -> int:
    """Give log2 of the smallest chunk, of those that there are, that holds so many bytes."""
    return max(CHUNK_BITS, (size - 1).bit_length())
