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
    storage = Template(bodies["Storage"], {})
    exported = {
        output["Export"]["Name"]: storage.render(output["Value"])
        for output in storage.body["Outputs"].values()
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
def local_outdir(tmp_path_factory):
    return tmp_path_factory.mktemp("local")


@pytest.fixture(scope="session")
def local_templates(local_outdir) -> dict[str, Template]:
    return synthesize(Settings(environment="local", enforce_tls=False), local_outdir)
