"""The deployment that a command is about: its settings, and what AWS knows of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.settings import Settings

CDK_JSON = Path(__file__).resolve().parents[2] / "cdk.json"


class OpsError(Exception):
    """Something the operator can act on.

    Args:
        message: what is wrong.
        fix: what to do about it.
    """

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def read_settings(text: str | None, cdk_json: Path = CDK_JSON) -> Settings:
    """Settings from the command line, else from ``cdk.json``, else the defaults.

    Raises:
        SettingsError: naming every refused field.
    """
    if text is not None:
        return Settings.from_context(text)
    context = json.loads(cdk_json.read_text(encoding="utf-8")).get("context", {})
    return Settings.from_context(context.get("settings"))


def error_code(error: ClientError) -> str:
    """AWS's code of an error, such as ``ResourceNotFoundException``."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def explained(action: str) -> Iterator[None]:
    """Turn an error of AWS into an `OpsError` that says what was being done."""
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        raise OpsError(f"{action}: {error_code(error)}: {details.get('Message', '')}") from error
    except BotoCoreError as error:
        raise OpsError(f"{action}: {error}", "Check credentials and network.") from error


@dataclass(frozen=True)
class Deployment:
    """Settings, and a session in the account and region they are deployed to."""

    settings: Settings
    session: boto3.Session
    _outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def open(cls, settings: Settings, profile: str | None = None) -> "Deployment":
        """Open a session with the operator's own credentials.

        Raises:
            OpsError: when no region is known, or there is no such profile.
        """
        with explained("opening a session"):
            session = boto3.Session(profile_name=profile, region_name=settings.region)
        if session.region_name is None:
            raise OpsError("no AWS region is set", "Set AWS_REGION, or account and region in the settings.")
        return cls(settings, session)

    @cached_property
    def region(self) -> str:
        """Region of the deployment."""
        return self.session.region_name or ""

    def outputs(self, part: str) -> dict[str, str]:
        """Outputs of one stack, such as ``Api``.

        Raises:
            OpsError: when the stack is not deployed.
        """
        if part not in self._outputs:
            name = self.settings.stack_name(part)
            with explained(f"reading stack {name}"):
                stacks = self.session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
            self._outputs[part] = {
                output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])
            }
        return self._outputs[part]

    def output(self, part: str, key: str) -> str:
        """One output of one stack.

        Raises:
            OpsError: when the stack is not deployed, or by an older release that lacks the output.
        """
        outputs = self.outputs(part)
        if key not in outputs:
            name = self.settings.stack_name(part)
            raise OpsError(f"stack {name} has no output {key}", "Deploy this release: make deploy")
        return outputs[key]
