"""What the DICOMweb wire is told at start."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Plain values handed down by the composition root.

    `max_studies` and `max_instances` cut the answers of one search (the rest is announced by a Warning);
    `body_idle_s` is how long a sender may pause within a body and `object_s` how long one part of it may take, `stores_at_once` how many store requests are worked on
    at the same time, each holding at most about `body_buffer_bytes`.
    """

    prefix: str = "/dicom-web"
    wado_uri: str = "/wado"
    trusted_proxies: tuple[str, ...] = ()
    max_studies: int = 1_000
    max_instances: int = 20_000
    max_parts: int = 100_000
    max_metadata_bytes: int = 64 << 20
    max_object_bytes: int = 8 << 30
    body_idle_s: float = 60.0
    object_s: float = 3600.0
    body_buffer_bytes: int = 4 << 20
    stores_at_once: int = 16
    default_issuer: str = ""
    default_charset: str = ""
