"""Study keys, wrapped, in a store of their own: never among the blobs, never in the catalog."""

from radiotheque.keys.off import NullKeyRing
from radiotheque.keys.recovery import export_recovery, import_recovery
from radiotheque.keys.ring import FileKeyRing, KeyShredder, open_ring

__all__ = ["FileKeyRing", "KeyShredder", "NullKeyRing", "export_recovery", "import_recovery", "open_ring"]
