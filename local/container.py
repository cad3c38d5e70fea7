"""The inference container's server as a process of this machine, under the endpoint's role."""

import sys

from contract.environment import ContainerEnvironment
from local.credentials import RoleCredentials
from local.deploy import Outputs
from local.emulator import base_environment
from local.processes import ManagedProcess
from local.settings import LOOPBACK, REPOSITORY, LocalSettings

COMMAND = (sys.executable, "-m", "sagemaker_container.serve")


def container_process(
    settings: LocalSettings, outputs: Outputs, credentials: RoleCredentials, index: int
) -> ManagedProcess:
    """One worker, not yet started; it is healthy once ``/ping`` answers 200.

    Args:
        settings: this machine.
        outputs: of the deployed stacks.
        credentials: of the container role; the worker fetches them over HTTP, as on AWS.
        index: number of the worker, from 0.
    """
    scratch = settings.state_directory / "scratch" / str(index)
    scratch.mkdir(parents=True, exist_ok=True)
    settings.model_directory.mkdir(parents=True, exist_ok=True)
    variables = ContainerEnvironment(
        table_name=outputs["TableName"],
        audio_bucket=outputs["AudioBucketName"],
        limits=settings.effective_limits,
        model_directory=settings.model_directory,
        preload_model=settings.preload_model,
        precision=settings.precision,
        model_catalogue_file=settings.catalogue_file,
        scratch_directory=scratch,
    )
    environment = base_environment() | variables.to_environ()
    environment |= {
        "BIND_HOST": LOOPBACK,
        "PORT": str(settings.container_port + index),
        "AWS_ENDPOINT_URL": settings.aws_url,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{settings.endpoint_url}/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": credentials.authorization_token,
    }
    return ManagedProcess(
        f"worker {index}",
        COMMAND,
        environment=environment,
        log_file=settings.log_directory / f"worker-{index}.log",
        working_directory=REPOSITORY,
    )
