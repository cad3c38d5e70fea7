import json
import os
import subprocess
import sys
from pathlib import Path

from cfnlint.api import lint_file

from infra.app import build
from infra.node import use_packaged_node

REPOSITORY = Path(__file__).parents[2]
# Not known to the local AWS, or completed there by nobody.
NOT_LOCAL = ("AWS::SageMaker::", "AWS::ApplicationAutoScaling::", "Custom::", "AWS::CloudFormation::")


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def run_app(outdir: Path, settings: str | None) -> subprocess.CompletedProcess[str]:
    context = {} if settings is None else {"settings": settings}
    environment = os.environ | {
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "CDK_VALIDATION": "false",
    }
    return subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_synthesis_is_reproducible(settings, outdir, templates, tmp_path, monkeypatch):
    monkeypatch.setenv("CDK_VALIDATION", "false")
    build(settings, str(tmp_path))
    assert files(tmp_path) == files(outdir)


def test_command_line_and_library_synthesize_the_same(settings, outdir, templates, tmp_path):
    result = run_app(tmp_path, settings.model_dump_json())
    assert result.returncode == 0, result.stderr
    for name in outdir.glob("*.template.json"):
        assert (tmp_path / name.name).read_bytes() == name.read_bytes()


def test_bad_settings_are_explained_without_a_traceback(tmp_path):
    result = run_app(tmp_path, '{"environment": "prod"}')
    assert result.returncode == 1
    assert result.stderr.strip() == (
        "settings: site_origins: name the origin of the site, needed in environment 'prod'"
    )


CLOUD_STACKS = {"Api", "Image", "Inference", "Ops", "Storage", "Web"}


def test_stacks_are_named_after_the_environment(outdir, templates):
    written = {p.name for p in outdir.glob("*.template.json")}
    assert written == {f"StemFoundry-prod-{part}.template.json" for part in CLOUD_STACKS}


def test_only_storage_and_api_exist_locally(local_templates):
    assert local_templates.keys() == {"Storage", "Api"}


def test_storage_and_api_need_no_more_than_the_local_aws_has(templates, local_templates):
    for part in ("Storage", "Api"):
        for template in (templates[part], local_templates[part]):
            types = {resource["Type"] for resource in template.body["Resources"].values()}
            assert not [t for t in types if t.startswith(NOT_LOCAL)]


def test_the_local_templates_differ_only_where_a_setting_says_so(templates, local_templates):
    for name, local in local_templates.items():
        types = {r["Type"] for r in templates[name].body["Resources"].values()}
        assert types >= {r["Type"] for r in local.body["Resources"].values()}


def test_account_and_region_stay_open_unless_given(outdir, templates):
    manifest = json.loads((outdir / "manifest.json").read_text())
    environments = {a["environment"] for a in manifest["artifacts"].values() if "environment" in a}
    assert environments == {"aws://unknown-account/unknown-region"}


def test_everything_is_tagged(templates):
    for template in templates.values():
        for properties in template.of_type("AWS::IAM::Role").values():
            tags = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
            assert tags == {"service": "stem-foundry", "environment": "prod"}


def test_node_comes_with_the_package_unless_another_is_chosen(monkeypatch):
    monkeypatch.delenv("JSII_NODE", raising=False)
    assert use_packaged_node().is_file()
    monkeypatch.setenv("JSII_NODE", "/usr/bin/node")
    assert use_packaged_node() == Path("/usr/bin/node")


def test_command_line_tool_is_pinned():
    """The registry's newest release need not be able to read what the library writes."""
    package = json.loads((REPOSITORY / "package.json").read_text())
    assert package["devDependencies"] == {"aws-cdk": "2.1148.1"}
    assert json.loads((REPOSITORY / "cdk.json").read_text())["app"] == ".venv/bin/python -m infra.app"


def test_cfn_lint_finds_nothing(outdir, local_outdir, templates, local_templates):
    paths = [p for folder in (outdir, local_outdir) for p in sorted(folder.glob("*.template.json"))]
    assert len(paths) == len(CLOUD_STACKS) + 2
    findings = [f"{path.name}: {match}" for path in paths for match in lint_file(path)]
    # CDK says twice that a function waits for its role.
    assert [finding for finding in findings if "W3005" not in finding] == []
