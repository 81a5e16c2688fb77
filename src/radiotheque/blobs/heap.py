"""How the C library gives freed memory back: blobs come and go in pieces of a mebibyte, thousands a second."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # <malloc.h>


def keep_freed_pieces(*, piece_bytes: int = 4 << 20, kept_bytes: int = 8 << 20, arenas: int = 4) -> bool:
    """Let freed pieces of up to `piece_bytes` be used again instead of going back to the kernel; say whether it took.

    Without it every piece is mapped, zeroed and unmapped anew, which costs a sealed read of 0.5 MB half of its
    time. Each of `arenas` keeps at most `kept_bytes` unused. For a whole process, so called once, by `app`.
    Elsewhere than on glibc it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wanted = ((_M_MMAP_THRESHOLD, piece_bytes), (_M_TRIM_THRESHOLD, kept_bytes), (_M_ARENA_MAX, arenas))
    return all(bool(mallopt(option, value)) for option, value in wanted)
