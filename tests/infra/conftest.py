"""The app, synthesized once for all tests."""

import pytest

from infra.app import build
from infra.settings import Settings
from tests.infra.templates import Template

ORIGIN = "https://stems.example"


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(environment="prod", site_origins=(ORIGIN, "https://www.stems.example"))


def synthesize(settings: Settings, outdir) -> dict[str, Template]:
    """Every stack's template by the stack's part, such as Storage."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "false")
        assembly = build(settings, str(outdir))
    bodies = {stack.stack_name.rpartition("-")[2]: stack.template for stack in assembly.stacks}
    exported = {
        output["Export"]["Name"]: Template(body, {}).render(output["Value"])
        for body in bodies.values()
        for output in body.get("Outputs", {}).values()
        if "Export" in output
    }
    return {part: Template(body, exported) for part, body in bodies.items()}


@pytest.fixture(scope="session")
def outdir(tmp_path_factory):
    return tmp_path_factory.mktemp("prod")


@pytest.fixture(scope="session")
def templates(settings, outdir) -> dict[str, Template]:
    return synthesize(settings, outdir)


@pytest.fixture(scope="session")
def storage(templates) -> Template:
    return templates["Storage"]


@pytest.fixture(scope="session")
def api(templates) -> Template:
    return templates["Api"]


@pytest.fixture(scope="session")
def inference(templates) -> Template:
    return templates["Inference"]


@pytest.fixture(scope="session")
def web(templates) -> Template:
    return templates["Web"]


@pytest.fixture(scope="session")
def ops(templates) -> Template:
    return templates["Ops"]


@pytest.fixture(scope="session")
def full_settings() -> Settings:
    """Everything that may be switched on, in another region than CloudFront's."""
    return Settings(
        environment="full",
        account="123456789012",
        region="eu-west-1",
        domain_name="stems.example",
        certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
        alarm_email="operator@stems.example",
        monthly_budget_usd=50,
    )


@pytest.fixture(scope="session")
def full_outdir(tmp_path_factory):
    return tmp_path_factory.mktemp("full")


@pytest.fixture(scope="session")
def full_templates(full_settings, full_outdir) -> dict[str, Template]:
    return synthesize(full_settings, full_outdir)


@pytest.fixture(scope="session")
def local_outdir(tmp_path_factory):
    return tmp_path_factory.mktemp("local")


@pytest.fixture(scope="session")
def local_templates(local_outdir) -> dict[str, Template]:
    return synthesize(Settings(environment="local", enforce_tls=False), local_outdir)
