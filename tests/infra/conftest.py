"""The app, synthesized once for all tests."""

import pytest

from infra.app import build
from infra.settings import Settings
from tests.infra.templates import Template

ORIGIN = "https://stems.example"


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(environment="prod", site_origins=(ORIGIN, "https://www.stems.example"))


def _synthesize(settings: Settings, outdir) -> dict[str, Template]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "false")
        assembly = build(settings, str(outdir))
    storage = Template(assembly.get_stack_by_name(settings.stack_name("Storage")).template, {})
    exported = {
        output["Export"]["Name"]: storage.render(output["Value"])
        for output in storage.body["Outputs"].values()
        if "Export" in output
    }
    api = Template(assembly.get_stack_by_name(settings.stack_name("Api")).template, exported)
    return {"Storage": storage, "Api": api}


@pytest.fixture(scope="session")
def outdir(tmp_path_factory):
    return tmp_path_factory.mktemp("prod")


@pytest.fixture(scope="session")
def templates(settings, outdir) -> dict[str, Template]:
    return _synthesize(settings, outdir)


@pytest.fixture(scope="session")
def storage(templates) -> Template:
    return templates["Storage"]


@pytest.fixture(scope="session")
def api(templates) -> Template:
    return templates["Api"]


@pytest.fixture(scope="session")
def local_outdir(tmp_path_factory):
    return tmp_path_factory.mktemp("local")


@pytest.fixture(scope="session")
def local_templates(local_outdir) -> dict[str, Template]:
    return _synthesize(Settings(environment="local", enforce_tls=False), local_outdir)
