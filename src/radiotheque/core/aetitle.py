"""Application Entity titles: parsed once, trusted after (PS3.5 6.2, VR AE)."""

from typing import NewType

from radiotheque.core.errors import Malformed

AETitle = NewType("AETitle", str)

_MAX_LENGTH = 16


def parse_aetitle(text: str) -> AETitle:
    """Give the AE title in `text`, leading and trailing spaces removed (PS3.5 6.2).

    At most 16 characters of the default repertoire without backslash and control
    characters, and not spaces alone. Raises `Malformed`.
    """
    bare = text.strip(" \0")
    printable = all(" " <= letter <= "~" and letter != "\\" for letter in bare)
    if not bare or len(bare) > _MAX_LENGTH or not printable:
        raise Malformed(
            "not an AE title of 1 to {most} printable characters: {bare}", most=_MAX_LENGTH, bare=f"{bare[:40]!r}"
        )
    return AETitle(bare)
