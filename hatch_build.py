"""Build hook of the package: the built screens (界面) go into every wheel and sdist, or the build says why not."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ScreensHook(BuildHookInterface[Any]):
    """Brings the screens up to date before packing; an editable install serves whatever `./dev` built last."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build the screens when their sources changed; FENGHE_REQUIRE_SCREENS refuses a package without them."""
        if version == "editable" or os.environ.get("FENGHE_SKIP_SCREENS"):
            return
        root = Path(self.root)
        done = subprocess.run([sys.executable, root / "dev", "screens"], check=False)
        if done.returncode != 0:
            raise RuntimeError("the screens could not be built (see above); FENGHE_SKIP_SCREENS=1 packs without them")
        if os.environ.get("FENGHE_REQUIRE_SCREENS") and not (root / "src/fenghe/api/screens/index.html").is_file():
            raise RuntimeError("FENGHE_REQUIRE_SCREENS is set and src/fenghe/api/screens/index.html does not exist")
