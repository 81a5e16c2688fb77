"""Blobs in an object store: S3 and what speaks like it, Azure Blob Storage, Google Cloud Storage."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store, from_url

from radiotheque.blobs.memory import BytesReader
from radiotheque.blobs.naming import join_name, split_name
from radiotheque.core.errors import Conflict, Malformed, NotFound, Unavailable
from radiotheque.core.instance import BlobName, Buffer
from radiotheque.core.ports import BlobReader

if TYPE_CHECKING:
    from obstore import GetOptions, GetResult
    from obstore.store import ClientConfig, RetryConfig, S3Config
    from obstore.store import ObjectStore as Remote

_PART = 8 << 20  # up to here one request, create-only; above it parts of this size, two on their way at a time
_SELF_TEST = "self-test"  # has a hyphen, so it is never the name of a blob
_SCHEMES = ("s3", "gs", "az")


class ObjectStore:
    """A `BlobStore` in one bucket, below one prefix. A put is durable when the store has answered.

    Up to 8 MiB "create only" is the store's own promise (If-None-Match). Larger blobs go up in parts,
    which the stores do not complete conditionally: there the name is looked for before, and size and
    name are looked at after. Names hold a UUID, so two writers of one name do not come about.
    """

    def __init__(self, store: "Remote", *, part_bytes: int = _PART) -> None:
        self._store = store
        self._part_bytes = part_bytes

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> "ObjectPut":
        """Keep a stream; see `BlobStore.put`."""
        split_name(name)
        source = _Source(chunks)
        first, whole = source.part(self._part_bytes)
        try:
            if whole:
                obstore.put(self._store, name, first, mode="create")
            else:
                self._put_in_parts(name, chain([first], source.parts(self._part_bytes)))
        except AlreadyExistsError as error:
            raise _taken(name) from error
        except (BaseError, OSError) as error:
            if error is source.error:
                raise
            raise _unavailable(error, "the object store did not take the object, nothing was kept") from error
        return ObjectPut(name, source.size_bytes, self._store)

    def _put_in_parts(self, name: BlobName, parts: Iterator[bytes]) -> None:
        if self._exists(name):
            raise _taken(name)
        obstore.put(self._store, name, parts, chunk_size=self._part_bytes, max_concurrency=2)

    def _exists(self, name: str) -> bool:
        try:
            obstore.head(self._store, name)
        except FileNotFoundError:
            return False
        return True

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> BlobReader:
        """Open bytes [start, stop): one GET, streamed as it is read."""
        split_name(name)
        if stop is not None and stop <= start:
            return BytesReader(b"", self.size(name))
        try:
            return ObjectReader(obstore.get(self._store, name, options=_range(start, stop)), name)
        except FileNotFoundError as error:
            raise _missing(name) from error
        except BaseError as error:  # a range behind the end is an error there (HTTP 416), and b"" here
            size = self.size(name)
            if start >= size:
                return BytesReader(b"", size)
            raise _unavailable(error, f"the blob {name} cannot be read now") from error

    def size(self, name: BlobName) -> int:
        """Give the size in bytes. Raises `NotFound`, `Unavailable`."""
        split_name(name)
        try:
            return int(obstore.head(self._store, name)["size"])
        except FileNotFoundError as error:
            raise _missing(name) from error
        except BaseError as error:
            raise _unavailable(error, f"the blob {name} cannot be looked at now") from error

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield all names greater than `after`, in order, a page of 1,000 at a time."""
        whole = join_name(*after.partition("/")[::2]) is not None  # some stores skip too much after part of a name
        try:
            for page in obstore.list(self._store, offset=after if whole else None, chunk_size=1000):
                for found in page:
                    name = join_name(*found["path"].partition("/")[::2])
                    if name is not None and name > after:
                        yield name
        except (BaseError, FileNotFoundError) as error:
            raise _unavailable(error, "the object store cannot be listed now") from error

    def check(self) -> None:
        """Prove that the store keeps the promises we stand on. Raises `Unavailable` and says which it does not.

        Tried: a put, a second put of that name (refused), a range, a listing right after the put.
        """
        name = f"{_SELF_TEST}/{secrets.token_hex(16)}"
        try:
            obstore.put(self._store, name, b"0123456789", mode="create")
            _promise(self._refuses_again(name), "it replaces an object that a put may only create (If-None-Match)")
            part = bytes(obstore.get_range(self._store, name, start=3, end=6))
            _promise(part == b"345", "it gives other bytes than those of the range that was asked for")
            listed = [found["path"] for page in obstore.list(self._store, prefix=_SELF_TEST) for found in page]
            _promise(name in listed, "a listing does not show an object right after it was put")
            obstore.delete(self._store, name)
            _promise(not self._exists(name), "an object is still there after it was deleted")
        except (BaseError, OSError) as error:
            raise _unavailable(error, "the object store does not work as it must") from error

    def _refuses_again(self, name: str) -> bool:
        try:
            obstore.put(self._store, name, b"other", mode="create")
        except AlreadyExistsError:
            return True
        return False

    def close(self) -> None:
        """Connections end by themselves."""


def open_objects(url: str, *, part_bytes: int = _PART, credentials: tuple[str, str] | None = None) -> ObjectStore:
    """Open the store at `s3://bucket/prefix?endpoint=…&region=…`, `gs://bucket/prefix` or `az://account/container/prefix`.

    `credentials` are the access key and the secret of S3; else they are those of the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, GOOGLE_…, AZURE_…) or of the
    machine. Raises `Malformed` for another URL, `Unavailable` when `ObjectStore.check` fails.
    """
    store = ObjectStore(connect(url, credentials=credentials), part_bytes=part_bytes)
    store.check()
    return store


def connect(url: str, *, retries: int = 4, credentials: tuple[str, str] | None = None) -> "Remote":
    """Give obstore's store for a URL, for an `ObjectStore` and an `ObjectEraser`. Raises `Malformed`."""
    parts = urlsplit(url)
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.scheme not in _SCHEMES or not parts.netloc or not options.keys() <= {"endpoint", "region"}:
        raise Malformed(
            f"not the URL of an object store (s3://bucket/prefix?endpoint=…&region=…, gs://, az://): {url[:200]}"
        )
    bare = f"{parts.scheme}://{parts.netloc}{parts.path}"
    client: ClientConfig = {
        "allow_http": options.get("endpoint", "").startswith("http://"),
        "connect_timeout": "5s",
        "timeout": "15m",
    }
    retry: RetryConfig = {"max_retries": retries, "retry_timeout": timedelta(seconds=20)}
    try:
        if parts.scheme == "s3":
            config: S3Config = {"checksum_algorithm": "SHA256"}
            for key in options.keys() & {"endpoint", "region"}:
                config[key] = options[key]  # type: ignore[literal-required]
            if credentials is not None:
                config["access_key_id"], config["secret_access_key"] = credentials
            return S3Store.from_url(bare, config=config, client_options=client, retry_config=retry)
        return from_url(bare, client_options=client, retry_config=retry)
    except (BaseError, ValueError) as error:
        raise Malformed(
            f"the object store {parts.scheme}://{parts.netloc} cannot be opened: {_short(error)}"
        ) from error


def _range(start: int, stop: int | None) -> "GetOptions | None":
    if stop is not None:
        return {"range": (start, stop)}
    return {"range": {"offset": start}} if start else None


class ObjectEraser:
    """Destroys originals in an object store (`Eraser`). In a bucket with versions, older ones stay until its rules end them."""

    def __init__(self, store: "Remote") -> None:
        self._store = store

    def erase(self, name: BlobName) -> None:
        """Remove a blob. Raises `NotFound`, `Unavailable`."""
        split_name(name)
        try:
            obstore.head(self._store, name)
            obstore.delete(self._store, name)
        except FileNotFoundError as error:
            raise _missing(name) from error
        except BaseError as error:
            raise _unavailable(error, f"the blob {name} could not be erased and is still there") from error


class _Source:
    """A stream cut into parts; remembers an error of the stream itself, which is not the store's."""

    def __init__(self, chunks: Iterable[Buffer]) -> None:
        self._chunks = iter(chunks)
        self._rest = bytearray()
        self.size_bytes = 0
        self.error: BaseException | None = None

    def part(self, size: int) -> tuple[bytes, bool]:
        """Give the next `size` bytes, and whether the stream has ended with them."""
        while len(self._rest) <= size:
            chunk = self._next()
            if chunk is None:
                last = bytes(self._rest)
                self._rest.clear()
                return last, True
            self._rest += chunk
            self.size_bytes += len(chunk)
        part = bytes(memoryview(self._rest)[:size])
        del self._rest[:size]
        return part, False

    def _next(self) -> Buffer | None:
        try:
            return next(self._chunks, None)
        except BaseException as error:
            self.error = error
            raise

    def parts(self, size: int) -> Iterator[bytes]:
        """Yield what is left in parts of `size` bytes."""
        ended = False
        while not ended:
            part, ended = self.part(size)
            if part:
                yield part


class ObjectPut:
    """An object just put; `discard` works once."""

    def __init__(self, name: BlobName, size_bytes: int, store: "Remote") -> None:
        self.name = name
        self.size_bytes = size_bytes
        self._store: Remote | None = store

    def discard(self) -> None:
        """Remove the object just put. Raises `Conflict` the second time, `Unavailable`."""
        store, self._store = self._store, None
        if store is None:
            raise Conflict(f"the blob {self.name} was discarded before; nothing was removed")
        try:
            obstore.delete(store, self.name)
        except BaseError as error:
            raise _unavailable(
                error, "a duplicate's blob could not be removed, it stays until the next sweep"
            ) from error


class ObjectReader:
    """The body of one GET, read as it comes."""

    def __init__(self, answer: "GetResult", name: str) -> None:
        self.size_bytes = int(answer.meta["size"])
        self._pieces: Iterator[bytes] = iter(answer.stream(min_chunk_size=1 << 20))
        self._held = memoryview(b"")
        self._name = name

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes, fewer only at the end. Raises `Unavailable` when the connection is lost."""
        parts: list[memoryview] = []
        wanted = size if size >= 0 else 1 << 62
        while wanted and (self._held or self._more()):
            parts.append(self._held[:wanted])
            self._held = self._held[len(parts[-1]) :]
            wanted -= len(parts[-1])
        return b"".join(parts)

    def _more(self) -> bool:
        try:
            self._held = memoryview(next(self._pieces, b""))
        except (BaseError, OSError) as error:
            raise _unavailable(error, f"the blob {self._name} could not be read to its end") from error
        return bool(self._held)

    def chunks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield what is left in pieces of `size` bytes."""
        while data := self.read(size):
            yield data

    def close(self) -> None:
        """End the request."""
        self._pieces = iter(())
        self._held = memoryview(b"")

    def __enter__(self) -> "ObjectReader":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _promise(kept: bool, otherwise: str) -> None:
    if not kept:
        raise Unavailable(f"the object store does not keep a promise that the archive stands on: {otherwise}")


def _taken(name: str) -> Conflict:
    return Conflict(f"a blob named {name} is kept already, and stays as it was")


def _missing(name: str) -> NotFound:
    return NotFound(f"no blob is named {name}")


def _unavailable(error: Exception, doing: str) -> Unavailable:
    return Unavailable(f"{doing}: {_short(error)}")


def _short(error: Exception) -> str:
    """Give the first line of what obstore says; the rest is its own debugging."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
