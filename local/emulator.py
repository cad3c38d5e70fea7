"""The local AWS: MiniStack as a child process, and sessions that talk to it.

Nothing else of the product knows which emulator this is; everything goes through endpoint URLs.
"""

import os
import shutil
from typing import Any

import boto3
from botocore.config import Config

from local.processes import LocalError, ManagedProcess
from local.settings import LOOPBACK, REGION, REPOSITORY, ROOT_ACCESS_KEY, ROOT_SECRET_KEY, LocalSettings

# Everything the Storage and Api stacks use, and nothing more: each service costs start-up time.
SERVICES = (
    "apigateway",
    "cloudformation",
    "dynamodb",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
)
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL")
_START_SECONDS = 60.0
_SDK_CONFIG = Config(
    connect_timeout=5, read_timeout=120, retries={"total_max_attempts": 4, "mode": "standard"}
)


def base_environment() -> dict[str, str]:
    """Environment of every child: the user's AWS profiles and credentials stay out of it."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "PYTHONUNBUFFERED": "1",
    }


def emulator_process(settings: LocalSettings) -> ManagedProcess:
    """The emulator, not yet started.

    Raises:
        LocalError: its interpreter is not installed.
    """
    if not settings.aws_python.exists():
        raise LocalError(f"The local AWS is not installed ({settings.aws_python}). Run: make setup")
    state = settings.state_directory / "aws"
    temporary = state / "tmp"
    # Code of functions is unpacked here at every start and left behind.
    shutil.rmtree(temporary, ignore_errors=True)
    for folder in (state / "state", state / "s3", temporary):
        folder.mkdir(parents=True, exist_ok=True)
    environment = base_environment() | {
        "AUTH": "true",
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(settings.aws_port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": settings.log_level,
        "PERSIST_STATE": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "S3_PERSIST": "1",
        "SERVICES": ",".join(SERVICES),
        "STATE_DIR": str(state / "state"),
        "TMPDIR": str(temporary),
        "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET_KEY,
        # Functions inherit these. Presigned links carry the host, so it is one that browsers reach too.
        "AWS_ENDPOINT_URL": settings.aws_url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": settings.endpoint_url,
    }
    return ManagedProcess(
        "local AWS",
        [str(settings.aws_python), "-m", "ministack"],
        environment=environment,
        log_file=settings.log_directory / "aws.log",
        working_directory=REPOSITORY,
    )


def start_emulator(settings: LocalSettings) -> ManagedProcess:
    """Start the emulator and wait until it answers."""
    process = emulator_process(settings)
    process.start()
    try:
        process.wait_until_ready(f"{settings.aws_url}/_ministack/ready", timeout_seconds=_START_SECONDS)
    except LocalError:
        process.stop()
        raise
    return process


class LocalAws:
    """Makes SDK clients for the local AWS, by default with its root credentials."""

    def __init__(self, settings: LocalSettings, session: boto3.Session | None = None) -> None:
        self.endpoint_url = settings.aws_url
        self._runtime_url = settings.endpoint_url
        self.session = session or boto3.Session(
            aws_access_key_id=ROOT_ACCESS_KEY,
            aws_secret_access_key=ROOT_SECRET_KEY,
            region_name=REGION,
        )

    def client(self, service: str) -> Any:
        """A client; its type depends on the name, so callers annotate it."""
        url = self._runtime_url if service == "sagemaker-runtime" else self.endpoint_url
        make: Any = self.session.client
        return make(service, endpoint_url=url, config=_SDK_CONFIG)

    def resource(self, service: str) -> Any:
        """A resource; its type depends on the name, so callers annotate it."""
        make: Any = self.session.resource
        return make(service, endpoint_url=self.endpoint_url, config=_SDK_CONFIG)
