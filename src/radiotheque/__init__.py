"""Radiotheque: an archive of radiological images."""

import sys

if "rich" not in sys.modules:
    # structlog loads rich where it is installed, for pretty tracebacks that nobody here asks for: a third of a second
    # of every command. So rich is hidden while structlog is loaded.
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog  # noqa: F401

    del sys.modules["rich"]
