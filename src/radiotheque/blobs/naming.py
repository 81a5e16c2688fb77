"""Names of blobs, checked where they meet a path or a URL."""

import re

from radiotheque.core.errors import Malformed
from radiotheque.core.instance import BlobName

_NAME = re.compile(r"[0-9A-Za-z]{1,64}/[0-9A-Za-z]{1,64}", re.ASCII)


def split_name(name: str) -> tuple[str, str]:
    """Give the key id and the rest of a blob's name: ASCII letters, digits and one slash.

    Nothing else passes, so a name is safe in a path and in a URL, and names sort the same as
    text, as files and as S3 keys. Raises `Malformed`.
    """
    if not _NAME.fullmatch(name):
        raise Malformed(f"not the name of a blob, which is <key id>/<unique part>: {name[:80]!r}")
    key_id, _, unique = name.partition("/")
    return key_id, unique


def join_name(key_id: str, unique: str) -> BlobName | None:
    """Give the name made of these parts, None when they make none (a stray file or object)."""
    name = f"{key_id}/{unique}"
    return BlobName(name) if _NAME.fullmatch(name) else None
