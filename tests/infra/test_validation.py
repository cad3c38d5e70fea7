"""The slow, strict synthesis: CDK's own template rules and the AwsSolutions rule pack."""

import json

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from infra.app import create_app
from infra.settings import Settings


@pytest.fixture(scope="module")
def report(settings: Settings, tmp_path_factory) -> list[tuple[str, str]]:
    """(rule, construct) of every finding that is not acknowledged."""
    outdir = tmp_path_factory.mktemp("strict")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CDK_VALIDATION", raising=False)
        app = create_app(settings, str(outdir))
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        failure = None
        try:
            app.synth()
        except RuntimeError as error:
            failure = error
    written = json.loads((outdir / "validation-report.json").read_text())
    findings = [
        (violation["ruleName"], construct["constructPath"])
        for plugin in written["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]
    assert (failure is None) == (not findings)
    assert {plugin["pluginName"] for plugin in written["pluginReports"]} >= {"AwsSolutions"}
    return findings


def test_nothing_is_found_that_is_not_acknowledged(report):
    assert report == []
