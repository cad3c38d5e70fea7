"""A session whose clients answer from a script; botocore checks requests and answers by its models."""

from collections import defaultdict
from contextlib import ExitStack
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.stub import Stubber

from infra.ops.deployment import Deployment
from infra.settings import Settings

REGION = "us-east-1"
ACCOUNT = "123456789012"


class StubbedSession:
    """Stands in for ``boto3.Session``."""

    def __init__(self, region: str = REGION) -> None:
        self.region_name = region
        self.profile_name = "default"
        self._session = botocore.session.Session()
        self._stubbers: dict[tuple[str, str], Stubber] = {}
        self._open = ExitStack()
        self.calls: defaultdict[str, int] = defaultdict(int)

    def stubber(self, service: str, region: str | None = None) -> Stubber:
        """The script of one service in one region."""
        key = (service, region or self.region_name)
        if key not in self._stubbers:
            client = self._session.create_client(
                service,
                region_name=key[1],
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 0}),
            )
            self._stubbers[key] = self._open.enter_context(Stubber(client))
        return self._stubbers[key]

    def client(self, service: str, region_name: str | None = None) -> Any:
        return self.stubber(service, region_name).client

    def answer(self, service: str, operation: str, answer: dict[str, Any], **request: Any) -> None:
        """One answer; ``request``, if given, must be what is asked."""
        self.stubber(service).add_response(operation, answer, request or None)

    def refuse(self, service: str, operation: str, code: str, message: str = "no") -> None:
        """One error."""
        self.stubber(service).add_client_error(operation, code, message)

    def outputs(self, settings: Settings, part: str, **outputs: str) -> None:
        """A deployed stack."""
        self.answer(
            "cloudformation",
            "describe_stacks",
            {
                "Stacks": [
                    {
                        "StackName": settings.stack_name(part),
                        "CreationTime": "2026-11-21T00:00:00Z",
                        "StackStatus": "CREATE_COMPLETE",
                        "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
                    }
                ]
            },
            StackName=settings.stack_name(part),
        )

    def assert_all_asked(self) -> None:
        for stubber in self._stubbers.values():
            stubber.assert_no_pending_responses()


def deployment(session: StubbedSession, **settings: Any) -> Deployment:
    """A deployment on a stubbed session."""
    return Deployment(Settings(**settings), session)  # type: ignore[arg-type]
