"""Deploys everything in the one order that works: ``python -m infra.deploy``.

First what the image's build needs, then the build, then all that needs the image. Safe to repeat: unchanged
stacks are skipped by the CDK, and unchanged sources by the build.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.constructs.image_build import SOURCE_KEY
from infra.image_builds import ImageBuildError, ImageBuilds
from infra.image_source import REPOSITORY, source_archive
from infra.node import use_packaged_node
from infra.settings import Settings, SettingsError

CDK = REPOSITORY / "node_modules" / "aws-cdk" / "bin" / "cdk"
# The image's repository and build; and the role and topics that the endpoint names.
FIRST_PARTS = ("Storage", "Image")


class DeploymentError(Exception):
    """The deployment stopped; the message says why."""


def settings_of(text: str | None) -> Settings:
    """Settings of the command line, else those of ``cdk.json``.

    Raises:
        SettingsError: naming every refused field.
    """
    if text is not None:
        return Settings.from_context(text)
    context = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
    return Settings.from_context(context.get("settings"))


class Deployment:
    """One run.

    Args:
        settings: what is deployed.
        cdk: the CDK's command line tool.
        session: the operator's credentials.
    """

    def __init__(self, settings: Settings, *, cdk: Path = CDK, session: Any = None) -> None:
        self._settings = settings
        self._cdk = cdk
        self._session = session or boto3.Session(region_name=settings.region)

    def run(self, *, rebuild: bool, ask: bool) -> None:
        """Deploy all stacks.

        Args:
            rebuild: build the image; without it the last one, or the pinned one, is deployed.
            ask: let the CDK ask before it widens permissions.

        Raises:
            DeploymentError: a step failed; those before it stay done.
        """
        for name, licence in self._settings.model_licences.items():
            _say(f"The image holds {name}. {licence}")
        if rebuild and self._settings.image_digest is None:
            self._deploy([self._settings.stack_name(part) for part in FIRST_PARTS], ask=ask)
            self._build_image()
        self._deploy(["--all"], ask=ask)

    def _deploy(self, stacks: list[str], *, ask: bool) -> None:
        approval = "broadening" if ask else "never"
        command = [
            str(use_packaged_node()),
            str(self._cdk),
            "deploy",
            *stacks,
            "--require-approval",
            approval,
            "--context",
            f"settings={self._settings.model_dump_json()}",
        ]
        if subprocess.run(command, cwd=REPOSITORY, env=os.environ, check=False).returncode != 0:
            raise DeploymentError("the CDK stopped; what it deployed before stays, so mend and run again")

    def _build_image(self) -> None:
        try:
            outputs = self._outputs(self._settings.stack_name("Image"))
            builds = ImageBuilds(
                self._session.client("s3"),
                self._session.client("codebuild"),
                outputs["ImageBuildProjectName"],
            )
            builds.build(
                outputs["ImageSourceBucketName"],
                SOURCE_KEY,
                source_archive(),
                lambda phase: _say(f"Image: {phase}"),
            )
        except (BotoCoreError, ClientError, ImageBuildError) as error:
            raise DeploymentError(f"the image could not be built: {error}") from error

    def _outputs(self, stack_name: str) -> dict[str, str]:
        (stack,) = self._session.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Command line; 0 when everything is deployed."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("--settings", help="JSON object; default the one in cdk.json")
    parser.add_argument("--no-build", action="store_true", help="deploy the image that was built last")
    parser.add_argument("--yes", action="store_true", help="do not ask before permissions are widened")
    options = parser.parse_args(arguments)
    try:
        settings = settings_of(options.settings)
        if settings.is_local:
            raise DeploymentError("environment local runs on one machine: use make up")
        if not CDK.is_file():
            raise DeploymentError("the CDK's command line tool is not installed: run npm ci")
        Deployment(settings).run(rebuild=not options.no_build, ask=not options.yes)
    except (SettingsError, DeploymentError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
