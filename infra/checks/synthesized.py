"""The templates of a production deployment, as the checks take them."""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from infra.app import build
from infra.checks.model import Stacks
from infra.settings import Settings

SITE = "https://stems.example"


def production_templates() -> Stacks:
    """Synthesize a deployment with the default settings, in a folder that is removed again."""
    settings = Settings(environment="prod", site_origins=(SITE,))
    with (
        tempfile.TemporaryDirectory(prefix="stem-foundry-") as outdir,
        patch.dict(os.environ, {"CDK_VALIDATION": "false"}),
    ):
        assembly = build(settings, str(Path(outdir) / "cdk.out"))
        return {stack.stack_name.rpartition("-")[2]: stack.template for stack in assembly.stacks}
