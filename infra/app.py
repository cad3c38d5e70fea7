"""Entry point of the CDK app, and the same synthesis in process for tests and the local stack."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import cx_api

from infra.settings import Settings, SettingsError
from infra.stacks.api import ApiStack
from infra.stacks.edge import EDGE_REGION, EdgeStack
from infra.stacks.image import ImageStack
from infra.stacks.inference import InferenceStack
from infra.stacks.ops import OpsStack
from infra.stacks.storage import StorageStack
from infra.stacks.web import WebStack

REPOSITORY = Path(__file__).resolve().parent.parent


def _project_context() -> dict[str, Any]:
    """Feature flags of ``cdk.json``, so that both entry points produce the same templates."""
    context: dict[str, Any] = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
    return context


def _add_stacks(app: cdk.App, settings: Settings) -> None:
    environment = cdk.Environment(account=settings.account, region=settings.region)
    storage = StorageStack(app, settings.stack_name("Storage"), settings=settings, env=environment)
    api = ApiStack(app, settings.stack_name("Api"), settings=settings, storage=storage, env=environment)
    if not settings.is_local:
        # The local AWS has no SageMaker and nothing else of what these need.
        ImageStack(app, settings.stack_name("Image"), settings=settings, env=environment)
        InferenceStack(
            app, settings.stack_name("Inference"), settings=settings, storage=storage, env=environment
        )
        _add_web(app, settings, storage, api)
        OpsStack(
            app, settings.stack_name("Ops"), settings=settings, storage=storage, api=api, env=environment
        )
    cdk.Tags.of(app).add("service", "stem-foundry")
    cdk.Tags.of(app).add("environment", settings.environment)


def _add_web(app: cdk.App, settings: Settings, storage: StorageStack, api: ApiStack) -> None:
    elsewhere = settings.region is not None and settings.region != EDGE_REGION
    edge = (
        EdgeStack(
            app,
            settings.stack_name("Edge"),
            settings=settings,
            env=cdk.Environment(account=settings.account, region=EDGE_REGION),
            cross_region_references=True,
        )
        if settings.waf_enabled and elsewhere
        else None
    )
    WebStack(
        app,
        settings.stack_name("Web"),
        settings=settings,
        storage=storage,
        api=api,
        edge=edge,
        env=cdk.Environment(account=settings.account, region=settings.region),
        cross_region_references=edge is not None,
    )


def create_app(settings: Settings, outdir: str) -> cdk.App:
    """The app with all its stacks, not yet synthesized: validation plugins may still be added."""
    app = cdk.App(outdir=outdir, context=_project_context(), analytics_reporting=False)
    _add_stacks(app, settings)
    return app


def build(settings: Settings, outdir: str) -> cx_api.CloudAssembly:
    """Synthesize every stack into ``outdir``: no credentials, no network.

    ``CDK_VALIDATION=false`` in the environment skips CDK's own template validator, which takes most of the
    time.

    Args:
        settings: validated settings.
        outdir: folder for templates and assets; created if missing.

    Returns:
        The cloud assembly; ``assembly.get_stack_by_name(settings.stack_name("Api")).template`` is a dict.
    """
    return create_app(settings, outdir).synth()


def main() -> None:
    """Run by the CDK command line tool, which passes context and output folder in the environment.

    Run alone it writes to ``cdk.out``.
    """
    outdir = os.environ.get("CDK_OUTDIR", "cdk.out")
    app = cdk.App(outdir=outdir, context=_project_context(), analytics_reporting=False)
    try:
        settings = Settings.from_context(app.node.try_get_context("settings"))
    except SettingsError as error:
        sys.exit(str(error))
    _add_stacks(app, settings)
    app.synth()


if __name__ == "__main__":
    main()
