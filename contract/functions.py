"""The Lambda functions: one definition read by the CDK app, the local stack and the tests."""

from dataclasses import dataclass
from enum import StrEnum


class FunctionName(StrEnum):
    """Every function of the service; each has a module of this name in ``lambdas.handlers``."""

    AUTHORIZE = "authorize"
    SESSION = "session"
    UPLOAD = "upload"
    PROCESS = "process"
    STATUS = "status"
    CANCEL = "cancel"
    CLEANUP = "cleanup"
    RECONCILE = "reconcile"
    RESULT = "result"
    ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Function:
    """How a function runs."""

    name: FunctionName
    description: str
    timeout_seconds: int
    memory_mb: int = 512
    every_minutes: int | None = None

    @property
    def handler(self) -> str:
        """Entry point, as Lambda wants it."""
        return f"lambdas.handlers.{self.name}.handler"


FUNCTIONS: dict[FunctionName, Function] = {
    function.name: function
    for function in (
        Function(FunctionName.AUTHORIZE, "Resolves a bearer token to an owner", 5),
        Function(FunctionName.SESSION, "Issues anonymous session tokens", 10),
        Function(FunctionName.UPLOAD, "Signs, lists, completes and aborts uploads", 29),
        Function(FunctionName.PROCESS, "Creates a job and sends it to the endpoint", 29),
        Function(FunctionName.STATUS, "Reports jobs and signs downloads", 10),
        Function(FunctionName.CANCEL, "Cancels a job", 10),
        Function(
            FunctionName.CLEANUP,
            "Deletes a job; on a schedule, everything past its retention",
            29,
            every_minutes=15,
        ),
        Function(
            FunctionName.RECONCILE, "Settles or re-sends jobs whose messages were lost", 120, every_minutes=5
        ),
        Function(FunctionName.RESULT, "Settles jobs from endpoint notifications", 30),
        Function(FunctionName.ABOUT, "Serves models, health, OpenAPI document and docs page", 10),
    )
}
