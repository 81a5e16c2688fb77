"""Entries of the trail for tests."""

from dataclasses import replace
from typing import Any

from radiotheque.security.audit_message import Source
from radiotheque.security.model import Entry

AT = 1_800_000_000.25  # 2027-01-15T08:00:00.250Z
HOUSE = Source("pacs.example", ("RADIOTHEQUE",), "hospital")
_VIEW = Entry(7, AT, "jean.martin", "api", "192.0.2.7", "session", "view", "1.2.3", "", "success", 5, "PID1", "ISSUER")


def entry(**changes: Any) -> Entry:
    """Give somebody's look at a study, with some of it otherwise."""
    return replace(_VIEW, **changes)
