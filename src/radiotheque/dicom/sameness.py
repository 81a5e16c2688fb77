"""Whether two data sets hold the same elements, however their lengths and padding are written."""

import hashlib
from struct import pack

from radiotheque.dicom.dictionary import BINARY, DATA_SET_TRAILING_PADDING
from radiotheque.dicom.framing import opened
from radiotheque.dicom.values import NUMERIC
from radiotheque.dicom.walker import ELEMENT, FRAGMENT, Read, Source, Token

_PIECE_BYTES = 1 << 20


def element_digest(read: Read, size: int, *, transfer_syntax: str, dataset_offset: int) -> bytes:
    """Give 32 bytes that are equal for data sets of one Transfer Syntax with equal elements.

    Left out are group 0002, group lengths (PS3.5 7.2), Data Set Trailing Padding (PS3.10 7.2), the difference
    between defined and undefined lengths (PS3.5 7.5) and the padding of values (PS3.5 6.2). Pixel Data stream
    through in pieces of 1 MiB. Raises `TooLarge` for nesting.
    """
    dataset = opened(read, size, transfer_syntax=transfer_syntax, dataset_offset=dataset_offset)
    digest = hashlib.blake2b(digest_size=32)
    for token in dataset.walk():
        kind, tag, _, _, value, stop = token
        if kind == ELEMENT:
            if tag & 0xFFFF and tag != DATA_SET_TRAILING_PADDING:
                _value(digest, dataset.source, token)
        elif kind == FRAGMENT:
            digest.update(pack("<BIQ", kind, tag, stop - value))
            _stream(digest, dataset.source, value, stop)
        else:
            digest.update(pack("<BI", kind, tag))
    return digest.digest()


def _value(digest: "hashlib.blake2b", source: Source, token: Token) -> None:
    kind, tag, vr, _, value, stop = token
    stop = _unpadded(source, vr, value, min(stop, source.size))
    digest.update(pack("<BIQ", kind, tag, stop - value))
    _stream(digest, source, value, stop)


def _unpadded(source: Source, vr: str, value: int, stop: int) -> int:
    """Give where the value ends without its padding."""
    if vr in NUMERIC or vr == "AT" or stop == value:
        return stop
    if vr in BINARY or " or " in vr:
        even = not (stop - value) % 2
        return stop - 1 if even and source.take(stop - 1, stop) == b"\0" else stop
    while stop > value:
        tail = source.take(max(value, stop - 64), stop)
        bare = tail.rstrip(b" \0")
        if bare:
            return stop - len(tail) + len(bare)
        stop -= len(tail)
    return stop


def _stream(digest: "hashlib.blake2b", source: Source, start: int, stop: int) -> None:
    for at in range(start, stop, _PIECE_BYTES):
        digest.update(source.take(at, min(at + _PIECE_BYTES, stop)))
