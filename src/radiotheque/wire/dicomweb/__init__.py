"""DICOMweb: search, retrieve and store over HTTP, and WADO-URI (PS3.18)."""

from radiotheque.wire.dicomweb.routes import dicomweb_routes
from radiotheque.wire.dicomweb.settings import WebSettings

__all__ = ["WebSettings", "dicomweb_routes"]
