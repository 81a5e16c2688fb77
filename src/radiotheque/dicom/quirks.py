"""What some peers get wrong, as a table: one row an oddity, so that no code asks for a manufacturer."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Quirk:
    """An oddity of the software that an Implementation Class UID or Version Name tells (PS3.7 D.3.3.2).

    Both are patterns with `*`. `charset` is what its objects are in when they declare no Specific Character Set;
    `no_async_events`: it does not take N-EVENT-REPORT on a new association.
    """

    implementation_uid: str
    version_name: str
    why: str
    charset: str = ""
    no_async_events: bool = False


NONE = Quirk("*", "*", "behaves as the standard says")

QUIRKS: tuple[Quirk, ...] = (
    Quirk(
        "1.2.276.0.7230010.3.0.3.*",
        "OFFIS_DCMTK_*",
        "storescu and dcmsend close their association right after the last request, so the report of a "
        "commitment must come on a new one, and as they do not listen it is only kept for asking",
        no_async_events=True,
    ),
)
"""Rows are tried in order; the first that fits counts. What a peer is configured with goes before any row."""


def quirk_of(implementation_uid: str, version_name: str = "") -> Quirk:
    """Give the first row that fits, `NONE` when nothing is known of the peer."""
    for row in QUIRKS:
        if fnmatchcase(implementation_uid, row.implementation_uid) and fnmatchcase(version_name, row.version_name):
            return row
    return NONE
