"""Strict synthesis: CDK's own rules, the AwsSolutions pack and rules of our own."""

import json
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.app import create_app
from infra.settings import Settings

GUARD_RULES = Path(__file__).resolve().parent / "guard"
REPORT = "validation-report.json"


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """A finding that nobody has acknowledged."""

    plugin: str
    rule: str
    construct: str


def add_rules(app: cdk.App) -> None:
    """Have the app validated by the AwsSolutions pack and by every Guard file of ours."""
    guard = [
        cdk.ValidationRuleSource(name=path.stem, content=path.read_text())
        for path in sorted(GUARD_RULES.glob("*.guard"))
    ]
    cdk.Validations.of(app).add_plugins(
        AwsSolutionsChecks(app), cdk.CloudFormationValidatePlugin(guard_rules=guard)
    )


def violations(app: cdk.App, outdir: str) -> list[Violation]:
    """Synthesize and read the report.

    Args:
        app: with rules added, not yet synthesized.
        outdir: the app's output folder.

    Raises:
        RuntimeError: synthesis failed for another reason than its findings.
    """
    failure: RuntimeError | None = None
    try:
        app.synth()
    except RuntimeError as error:
        failure = error
    report = Path(outdir) / REPORT
    found = _read(report) if report.is_file() else []
    if failure is not None and not found:
        raise failure
    return found


def _read(report: Path) -> list[Violation]:
    written = json.loads(report.read_text())
    return sorted(
        Violation(plugin["pluginName"], violation["ruleName"], construct["constructPath"])
        for plugin in written["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    )


def validate(settings: Settings, outdir: str) -> list[Violation]:
    """Everything that the strict synthesis of a deployment finds."""
    app = create_app(settings, outdir)
    add_rules(app)
    return violations(app, outdir)
