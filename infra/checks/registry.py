"""All checks."""

from infra.checks import api, identity, image, inference, messaging, ops, storage, web
from infra.checks.model import Check, Finding, Stacks

CHECKS: tuple[Check, ...] = (
    *storage.CHECKS,
    *messaging.CHECKS,
    *identity.CHECKS,
    *api.CHECKS,
    *image.CHECKS,
    *inference.CHECKS,
    *web.CHECKS,
    *ops.CHECKS,
)


def findings(stacks: Stacks) -> list[Finding]:
    """Everything that is wrong in a deployment's templates."""
    return [found for check in CHECKS for found in check(stacks)]
