"""npm on the packaged Node: ``python -m infra.npm FOLDER ARGUMENT...``"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.node import PACKAGE, PACKAGED_NODE

_NPM = PACKAGE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run_npm(folder: Path, arguments: Sequence[str]) -> int:
    """Run npm in a folder; the scripts that it starts find the packaged Node first.

    Returns:
        npm's exit status.
    """
    path = os.pathsep.join((str(PACKAGED_NODE.parent), os.environ.get("PATH", os.defpath)))
    command = [str(PACKAGED_NODE), str(_NPM), *arguments]
    return subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, check=False).returncode


if __name__ == "__main__":
    sys.exit(run_npm(Path(sys.argv[1]), sys.argv[2:]))
