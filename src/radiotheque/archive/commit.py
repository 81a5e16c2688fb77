"""Storage commitment: do we truly hold it? (PS3.4 Annex J)"""

import hashlib
from enum import IntEnum

from radiotheque.core.errors import Damaged, NotFound, RadiothequeError
from radiotheque.core.instance import Blob
from radiotheque.core.ports import BlobStore


class Failure(IntEnum):
    """Failure Reason (0008,1197) of a commitment that is not given (PS3.3 C.14.1.1)."""

    NONE = 0
    PROCESSING_FAILURE = 0x0110
    NO_SUCH_OBJECT = 0x0112
    CLASS_INSTANCE_CONFLICT = 0x0119
    RESOURCE_LIMITATION = 0x0213


def check_bytes(blob: Blob, dataset_offset: int, blobs: BlobStore) -> Failure:
    """Read the kept bytes again and compare size and SHA-256 with what was recorded at receipt."""
    meta, dataset, size = hashlib.sha256(), hashlib.sha256(), 0
    try:
        with blobs.open(blob.name) as stream:
            for chunk in stream.chunks():
                meta_part = max(0, min(len(chunk), dataset_offset - size))
                meta.update(chunk[:meta_part])
                dataset.update(chunk[meta_part:])
                size += len(chunk)
    except NotFound:
        return Failure.NO_SUCH_OBJECT
    except Damaged:
        return Failure.PROCESSING_FAILURE  # it is there, and is not what was received
    except RadiothequeError:
        return Failure.RESOURCE_LIMITATION
    whole = size == blob.size_bytes and dataset.digest() == blob.dataset_sha256
    return Failure.NONE if whole and meta.digest() == blob.meta_sha256 else Failure.PROCESSING_FAILURE
