"""Where a house keeps what it keeps, as the settings say: stores of bytes, the index, the keys."""

from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from radiotheque.blobs.cached import Cached
from radiotheque.blobs.derived import FileDerived
from radiotheque.blobs.disk import Disk, make_folders, translating
from radiotheque.blobs.files import FileStore
from radiotheque.blobs.recent import Recent
from radiotheque.blobs.retried import Retried
from radiotheque.blobs.sealed import Sealed
from radiotheque.blobs.space import Reserve, Reserved, refuse_network_file_system
from radiotheque.core.ports import BlobStore, Derived, KeyRing, Observer
from radiotheque.database.engine import Database, open_database
from radiotheque.keys import FileKeyRing, NullKeyRing, open_ring
from radiotheque.settings import Settings


def make_lasting(folder: Path) -> None:
    """Make a folder that a power cut does not take back, with all that is then promised in it."""
    disk = Disk()
    with translating(f"the folder {folder} cannot be made"):
        make_folders(disk, str(folder))
        with suppress(PermissionError):  # of an operator who made both, and lets us see the inner one alone
            disk.sync_folder(str(folder.parent))  # it may have been made a moment ago, by the command line


def ring_of(settings: Settings) -> FileKeyRing | NullKeyRing:
    """Give the ring of study keys, one without keys when sealing is off. Raises `Unavailable`, `Refused`, `Damaged`."""
    if not settings.sealing:
        return NullKeyRing()
    return open_ring(settings.keys, settings.second_keys, demo=settings.demo_keys, data_folder=settings.data)


def blobs_of(settings: Settings, ring: KeyRing, observer: Observer) -> tuple[BlobStore, BlobStore]:
    """Give the store of originals, and the same without what is kept near: for whoever asks what the store itself has.

    Wrapped from the outside in: recent, sealed, reserved (for an index in a file), cached, retried, store.
    """
    store: BlobStore
    if "://" in settings.blobs:
        store = Retried(_objects(settings))
        near = Cached(store, _cache(settings), observer=observer) if settings.cache_bytes else store
        return Recent(_kept_in(near, settings, ring)), _kept_in(store, settings, ring)
    folder = Path(settings.blobs) if settings.blobs else settings.data / "blobs"
    make_lasting(folder)
    refuse_network_file_system(folder)
    store = _kept_in(FileStore(folder, reserve=_reserve(settings, folder)), settings, ring)
    return Recent(store), store


def _cache(settings: Settings) -> Derived:
    folder = settings.data / "cache"
    return FileDerived(folder, limit_bytes=settings.cache_bytes, reserve=_reserve(settings, folder))


def _objects(settings: Settings) -> BlobStore:
    from radiotheque.blobs.objects import open_objects  # a client that only such a house needs

    secret = settings.blobs_secret_access_key.get_secret_value()
    credentials = (settings.blobs_access_key_id, secret) if settings.blobs_access_key_id else None
    return open_objects(_with_place(settings), credentials=credentials)


def _kept_in(store: BlobStore, settings: Settings, ring: KeyRing) -> BlobStore:
    if not settings.database:
        store = Reserved(store, _reserve(settings, settings.data, holds="index"))
    return Sealed(store, ring) if settings.sealing else store


def _with_place(settings: Settings) -> str:
    """Give the URL of the object store with the endpoint and region of the settings, where it does not say them itself."""
    parts = urlsplit(settings.blobs)
    given = {"endpoint": settings.blobs_endpoint, "region": settings.blobs_region}
    query = {name: value for name, value in given.items() if value} | dict(parse_qsl(parts.query))
    return urlunsplit(parts._replace(query=urlencode(query)))


def _reserve(settings: Settings, folder: Path, *, holds: str = "images") -> Reserve:
    share, floor = settings.free_space_reserve_percent / 100, settings.free_space_reserve_bytes
    return Reserve(folder, share=share, floor_bytes=floor, holds=holds)


def database_of(settings: Settings, ring: FileKeyRing | NullKeyRing) -> Database:
    """Give the index. Raises `Unavailable`, `Damaged`."""
    if settings.database:
        return open_database(settings.database)
    return open_database(settings.data / "index.db", key=ring.purpose_key("catalog") or None)
