"""The index of what is kept: record, find, locate, amend, reject, and the outbox: one SQL for both databases."""

from radiotheque.catalog.catalog import Catalog, open_catalog
from radiotheque.catalog.keys import StudyKeys
from radiotheque.catalog.outbox import Outbox

__all__ = ["Catalog", "Outbox", "StudyKeys", "open_catalog"]
