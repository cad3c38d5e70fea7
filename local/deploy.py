"""Deploys the synthesized Storage and Api templates, unchanged, to the local AWS."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError
from pydantic import BaseModel, ValidationError

from infra.settings import LOCAL, Settings
from local.emulator import LocalAws, base_environment
from local.fixups import apply_fixups, cloudformation_parameters
from local.processes import LocalError
from local.settings import ACCOUNT, REGION, REPOSITORY, LocalSettings

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client

_SOURCES = ("contract", "lambdas", "infra")
_SOURCE_FILES = (
    "docs/openapi.json",
    "cdk.json",
    "requirements-aws.txt",
    "local/deploy.py",
    "local/fixups.py",
)
_SYNTHESIS_SECONDS = 180
_DEPLOYED_STATES = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
_STACK_WAIT: Any = {"Delay": 1, "MaxAttempts": 120}
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class Outputs(BaseModel):
    """Outputs of the deployed stacks, by their CloudFormation names."""

    values: dict[str, str]

    def __getitem__(self, name: str) -> str:
        try:
            return self.values[name]
        except KeyError:
            known = ", ".join(sorted(self.values))
            raise LocalError(f"The stacks have no output {name!r}. They have: {known}.") from None


class Deployment(BaseModel):
    """What was deployed last to this state directory."""

    fingerprint: str
    outputs: Outputs


def infrastructure_settings(settings: LocalSettings) -> Settings:
    """Settings of the CDK app for this machine."""
    origins = (settings.web_url, f"http://localhost:{settings.web_port}")
    return Settings(
        environment=LOCAL,
        account=ACCOUNT,
        region=REGION,
        enforce_tls=False,
        site_origins=origins,
        limits=settings.effective_limits,
        log_level="INFO",
        kit_model=settings.chosen_kit_model,
        model_catalogue_file=settings.catalogue_file,
    )


def _files() -> Iterator[Path]:
    for folder in _SOURCES:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    yield from (REPOSITORY / name for name in _SOURCE_FILES)


def fingerprint(settings: Settings) -> str:
    """Digest of everything that decides what is deployed: sources and settings."""
    digest = hashlib.sha256(settings.model_dump_json().encode())
    for path in _files():
        content = path.read_bytes() if path.exists() else b""
        digest.update(f"\0{path.relative_to(REPOSITORY)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def synthesize(settings: Settings, outdir: Path) -> None:
    """Run the CDK app as its command line tool would, in a process of its own.

    Raises:
        LocalError: the app failed; with what it said.
    """
    environment = base_environment() | {
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps({"settings": settings.model_dump_json()}),
        # The validator takes most of the time; the infrastructure tests run it.
        "CDK_VALIDATION": "false",
        "HOME": os.environ.get("HOME", str(outdir)),
    }
    result = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SYNTHESIS_SECONDS,
        check=False,
    )
    if result.returncode != 0:
        raise LocalError(f"The CDK app failed:\n{result.stderr.strip()[-4000:]}")


def _zip_folder(folder: Path) -> bytes:
    """A reproducible archive, so that unchanged code keeps its digest."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_EPOCH)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


class Deployer:
    """Brings the stacks of one state directory up to date."""

    def __init__(self, settings: LocalSettings, aws: LocalAws) -> None:
        self._settings = settings
        self._infrastructure = infrastructure_settings(settings)
        self._aws = aws
        self._record = settings.state_directory / "deployment.json"
        self._outdir = settings.state_directory / "cdk.out"
        self._fingerprint = fingerprint(self._infrastructure)

    @property
    def stack_names(self) -> list[str]:
        """In the order of deployment."""
        return [self._infrastructure.stack_name(part) for part in ("Storage", "Api")]

    def previous(self) -> Deployment | None:
        """The last deployment if it is still what would be deployed now."""
        try:
            deployment = Deployment.model_validate_json(self._record.read_text())
        except (FileNotFoundError, ValidationError):
            return None
        return deployment if deployment.fingerprint == self._fingerprint else None

    def synthesize(self) -> None:
        """Write the templates; needs no emulator, so it can run while that starts."""
        synthesize(self._infrastructure, self._outdir)

    def is_deployed(self) -> bool:
        """Whether the emulator still holds every stack."""
        client: CloudFormationClient = self._aws.client("cloudformation")
        return all(_stack_status(client, name) in _DEPLOYED_STATES for name in self.stack_names)

    def deploy(self) -> Outputs:
        """Create or update the stacks from the synthesized templates.

        Raises:
            LocalError: a stack could not be brought up; with the resources that failed.
        """
        self._record.unlink(missing_ok=True)
        client: CloudFormationClient = self._aws.client("cloudformation")
        outputs: dict[str, str] = {}
        for name in self.stack_names:
            template = json.loads((self._outdir / f"{name}.template.json").read_text())
            template_url = self._publish_assets(name)
            parameters = cloudformation_parameters(self._aws, template)
            try:
                _create_or_update(client, name, template_url, parameters)
            except LocalError as error:
                state = self._settings.state_directory
                raise LocalError(
                    f"{error} To start anew, without the jobs kept there, delete {state}"
                ) from error
            outputs |= _stack_outputs(client, name)
            apply_fixups(self._aws, name, template)
        deployment = Deployment(fingerprint=self._fingerprint, outputs=Outputs(values=outputs))
        self._record.write_text(deployment.model_dump_json(indent=2))
        return deployment.outputs

    def _publish_assets(self, stack_name: str) -> str:
        """Store code and template where the manifest says; returns the template's address."""
        client: S3Client = self._aws.client("s3")
        manifest = json.loads((self._outdir / f"{stack_name}.assets.json").read_text())
        template_url = ""
        for asset in manifest["files"].values():
            source = self._outdir / asset["source"]["path"]
            body = _zip_folder(source) if source.is_dir() else source.read_bytes()
            for destination in asset["destinations"].values():
                bucket, key = _resolve(destination["bucketName"]), _resolve(destination["objectKey"])
                client.create_bucket(Bucket=bucket)
                client.put_object(Bucket=bucket, Key=key, Body=body)
                if source.name == f"{stack_name}.template.json":
                    template_url = f"{self._aws.endpoint_url}/{bucket}/{key}"
        return template_url


def _resolve(text: str) -> str:
    """Fill in the placeholders that asset manifests of unbound stacks carry."""
    replacements = {"AccountId": ACCOUNT, "Region": REGION, "Partition": "aws"}
    for name, value in replacements.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _stack_status(client: "CloudFormationClient", name: str) -> str | None:
    try:
        return client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise


def _create_or_update(
    client: "CloudFormationClient", name: str, template_url: str, parameters: list[dict[str, str]]
) -> None:
    arguments: Any = {
        "StackName": name,
        # By address, as a template may be larger than a request.
        "TemplateURL": template_url,
        "Parameters": parameters,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    }
    status = _stack_status(client, name)
    if status is not None and status not in _DEPLOYED_STATES and not status.startswith("UPDATE_ROLLBACK"):
        # The rest of a failed creation holds nothing and can only be deleted.
        client.delete_stack(StackName=name)
        client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=_STACK_WAIT)
        status = None
    try:
        if status is None:
            client.create_stack(**arguments)
            waiter: Any = client.get_waiter("stack_create_complete")
        else:
            client.update_stack(**arguments)
            waiter = client.get_waiter("stack_update_complete")
        waiter.wait(StackName=name, WaiterConfig=_STACK_WAIT)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise LocalError(f"The local AWS refused stack {name}: {str(error)[:1000]}") from error
    except WaiterError as error:
        raise LocalError(f"Stack {name} failed. {_failures(client, name)}") from error


def _failures(client: "CloudFormationClient", name: str) -> str:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [
        f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}): "
        f"{event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if event.get("ResourceStatus", "").endswith("_FAILED")
    ]
    return "; ".join(reasons) or "The emulator's log may say why."


def _stack_outputs(client: "CloudFormationClient", name: str) -> dict[str, str]:
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
