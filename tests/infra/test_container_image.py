"""The container's image, as far as it can be checked without an engine."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from infra.constructs.inference_endpoint import AMI_VERSION, MODEL_DIRECTORY, SCRATCH_DIRECTORY
from infra.image_source import source_archive, source_files
from sagemaker_container.smoke import VARIABLES

REPOSITORY = Path(__file__).parents[2]
CONTAINER = REPOSITORY / "sagemaker_container"
TOOLS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def instructions():
    """(instruction, arguments) of every line that is not a comment, continued ones joined."""
    text = (CONTAINER / "Dockerfile").read_text()
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", "", kept)
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def arguments(instructions, name):
    return [value for instruction, value in instructions if instruction == name]


@pytest.fixture(scope="module")
def runtime(instructions):
    """Instructions of the last stage: the image itself."""
    last = max(i for i, (name, _) in enumerate(instructions) if name == "FROM")
    return instructions[last:]


def test_hadolint_finds_nothing():
    result = subprocess.run(
        [TOOLS / "hadolint", CONTAINER / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_the_builds_shell_is_sound():
    commands = yaml.safe_load((REPOSITORY / "buildspec.yml").read_text())["phases"]["build"]["commands"]
    result = subprocess.run(
        [TOOLS / "shellcheck", "--shell=bash", "-"],
        input="\n".join(commands),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_everything_copied_exists_and_reaches_the_build(instructions):
    allowed = [
        line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")
    ]
    sent = {path.as_posix() for path in source_files()}
    for copied in arguments(instructions, "COPY"):
        words = shlex.split(copied)
        if words[0].startswith("--from="):
            continue
        for source in words[:-1]:
            assert (REPOSITORY / source).exists(), source
            assert any(Path(source).is_relative_to(path) for path in allowed), source
            assert any(Path(name).is_relative_to(source) for name in sent), source


def test_stages_that_are_copied_from_exist(instructions):
    stages = {value.split(" AS ")[1] for value in arguments(instructions, "FROM")}
    copied = {
        word.removeprefix("--from=")
        for value in arguments(instructions, "COPY")
        for word in shlex.split(value)
        if word.startswith("--from=")
    }
    assert copied <= stages


def test_the_base_image_is_pinned_and_has_no_compilers(instructions):
    (base,) = [v for v in arguments(instructions, "ARG") if v.startswith("BASE_IMAGE=")]
    assert re.fullmatch(r"BASE_IMAGE=nvcr\.io/nvidia/cuda:\d+\.\d+\.\d+-base-ubuntu24\.04", base)


def test_base_image_libraries_and_host_driver_are_of_one_cuda(instructions):
    """The AMI's driver is 580, which ends at CUDA 13.0; see decision 0030."""
    (base,) = [v for v in arguments(instructions, "ARG") if v.startswith("BASE_IMAGE=")]
    assert ":13.0." in base
    assert pins("requirements-cuda.txt")["cuda-toolkit"].startswith("13.0.")
    assert pins("requirements-cuda.txt")["nvidia-cuda-runtime"].startswith("13.0.")
    assert pins("requirements.txt")["torch"] == "2.13.0"
    assert AMI_VERSION == "al2023-ami-sagemaker-inference-gpu-4-1"


def test_the_build_looks_for_code_for_the_t4(instructions):
    assert any("sm_75" in value for value in arguments(instructions, "RUN"))


def test_it_starts_with_sagemakers_argument_and_needs_no_shell(runtime):
    (entrypoint,) = arguments(runtime, "ENTRYPOINT")
    assert entrypoint == '["python", "-m", "sagemaker_container.serve"]'
    assert arguments(runtime, "CMD") == ['["serve"]']
    assert arguments(runtime, "EXPOSE") == ["8080"]


def test_it_does_not_run_as_root(runtime):
    users = arguments(runtime, "USER")
    assert users
    assert users[-1] not in {"root", "0"}


def test_nothing_is_left_of_package_managers(instructions):
    for command in arguments(instructions, "RUN"):
        if "apt-get" in command:
            assert "rm -rf /var/lib/apt/lists/*" in command
            assert all("--no-install-recommends" in c for c in command.split("&&") if " install " in c)
        if "pip install" in command:
            assert "--no-cache-dir" in command
            assert "--only-binary :all:" in command
    assert not any(word in str(instructions) for word in ("build-essential", "gcc", "-devel-"))


def test_paths_and_offline_mode_are_those_the_endpoint_sets(runtime):
    (variables,) = arguments(runtime, "ENV")
    values = dict(word.split("=", 1) for word in shlex.split(variables))
    assert values["MODEL_DIRECTORY"] == MODEL_DIRECTORY
    assert values["SCRATCH_DIRECTORY"] == SCRATCH_DIRECTORY
    assert values["REQUIRE_GPU"] == "true"
    assert values["HF_HUB_OFFLINE"] == "1"
    assert any(MODEL_DIRECTORY in value for value in arguments(runtime, "COPY"))
    assert any(SCRATCH_DIRECTORY in value for value in arguments(runtime, "RUN"))


def test_every_instruction_of_the_image_comes_after_the_weights_are_verified(instructions, runtime):
    (weights,) = [v for v in arguments(runtime, "COPY") if v.split()[-1] == MODEL_DIRECTORY]
    assert weights.startswith("--from=verified ")
    assert any("sagemaker_container.verify" in value for value in arguments(instructions, "RUN"))


# --- requirements ---


def pins(name):
    """Version by normalized name; every line is one exact pin."""
    found = {}
    for line in (CONTAINER / name).read_text().splitlines():
        if line.startswith("#"):
            continue
        requirement = Requirement(line)
        (specifier,) = requirement.specifier
        assert specifier.operator == "=="
        found[re.sub(r"[-_.]+", "-", requirement.name).lower()] = specifier.version
    return found


REQUIREMENT_FILES = [path.name for path in sorted(CONTAINER.glob("requirements*.txt"))]


@pytest.mark.parametrize("name", REQUIREMENT_FILES)
def test_pins_are_those_that_everything_here_is_tested_with(name):
    constraints = {}
    for line in (REPOSITORY / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            key, version = line.split("==")
            constraints[re.sub(r"[-_.]+", "-", key).lower()] = version
    pinned = pins(name)
    known = {key: version for key, version in pinned.items() if key in constraints}
    assert known == {key: constraints[key] for key in known}
    if name != "requirements-cuda.txt":
        # A lone exception: the constraints leave the installer's own tools open.
        assert pinned.keys() - constraints.keys() <= {"setuptools"}


def test_the_container_gets_everything_it_declares():
    project = (REPOSITORY / "pyproject.toml").read_text()
    declared = re.search(r"^container = \[(.*?)^\]", project, re.DOTALL | re.MULTILINE)[1]
    pinned = pins("requirements.txt")
    for line in declared.splitlines():
        if name := line.strip(' ",'):
            requirement = Requirement(name)
            assert pinned[requirement.name] in requirement.specifier


def test_requirement_files_are_the_known_ones():
    assert REQUIREMENT_FILES == [
        "requirements-cuda.txt",
        "requirements-smoke.txt",
        "requirements-weights.txt",
        "requirements.txt",
    ]


# --- build ---


def test_the_smoke_test_passes_every_variable_on():
    buildspec = (REPOSITORY / "buildspec.yml").read_text()
    assert sorted(re.findall(r"--env (\w+)", buildspec)) == sorted(VARIABLES)


def test_the_digest_is_written_last():
    (script,) = yaml.safe_load((REPOSITORY / "buildspec.yml").read_text())["phases"]["build"]["commands"]
    steps = [
        "docker build",
        "MAX_IMAGE_BYTES",
        "sagemaker_container.smoke",
        "docker push",
        "image-scan-complete",
        "CRITICAL",
        "put-parameter",
    ]
    places = [script.index(step) for step in steps]
    assert places == sorted(places)
    assert script.startswith("set -euo pipefail")


def test_only_what_the_build_needs_is_sent():
    names = {path.as_posix() for path in source_files()}
    assert {"buildspec.yml", ".dockerignore", "sagemaker_container/Dockerfile"} <= names
    assert {Path(name).parts[0] for name in names} == {
        ".dockerignore",
        "buildspec.yml",
        "client",
        "contract",
        "sagemaker_container",
    }
    assert not [name for name in names if "__pycache__" in name]


def test_equal_sources_give_equal_archives():
    assert source_archive() == source_archive()
