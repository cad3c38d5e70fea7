"""What a training job on SageMaker is started with, and what its image is made of."""

import importlib.util
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sagemaker_container.train import OPTIONS
from training.finetune.training_job import hyperparameters, job_name, main, parse

REPOSITORY = Path(__file__).parents[3]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
REQUIRED = [
    "--image=123456789012.dkr.ecr.us-east-1.amazonaws.com/training:1",
    "--role=arn:aws:iam::123456789012:role/training",
    "--data=s3://bucket/songs",
    "--output=s3://bucket/models",
    "--name=my_model",
    "--region=us-east-1",
]


def test_the_container_knows_every_hyperparameter():
    everything = ["--steps=5", "--held-out=0.3", "--batch-size=2", "--learning-rate=0.001", "--seed=3"]
    given = hyperparameters(parse([*REQUIRED, *everything]))
    assert given.keys() == OPTIONS
    assert (given["name"], given["from"], given["steps"]) == ("my_model", "foundry_4s", "5")


def test_job_names_are_those_sagemaker_takes():
    assert job_name("my_model.v2-", NOW) == "my-model-v2-20260102-030405"


@pytest.mark.parametrize("wrong", [["--data", "/songs"], ["--name", "../x"], ["--output", "s3://B"]])
def test_wrong_options_are_refused(wrong):
    with pytest.raises(SystemExit):
        parse([*REQUIRED, *wrong])


def test_the_image_adds_pinned_packages_only():
    constraints = (REPOSITORY / "constraints.txt").read_text().splitlines()
    lines = (REPOSITORY / "training" / "requirements.txt").read_text().splitlines()
    pinned = [line for line in lines if not line.startswith("#")]
    assert pinned
    assert set(pinned) <= set(constraints)


def test_the_image_has_everything_that_training_imports():
    code = (
        "import sys, training.finetune.__main__\n"
        "from importlib.metadata import packages_distributions\n"
        "found = packages_distributions()\n"
        "print(*{name for module in list(sys.modules) for name in found.get(module.split('.')[0], ())})"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    files = (REPOSITORY / "sagemaker_container/requirements.txt", REPOSITORY / "training/requirements.txt")
    pins = "\n".join(path.read_text() for path in files).replace("_", "-").lower()
    missing = [name for name in run.stdout.split() if f"\n{name.replace('_', '-').lower()}==" not in pins]
    assert missing == []


def test_hadolint_finds_nothing_in_the_image():
    hadolint = Path(sys.executable).parent / "hadolint"
    result = subprocess.run(
        [hadolint, REPOSITORY / "training" / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.skipif(
    importlib.util.find_spec("sagemaker") is not None, reason="the client of SageMaker is installed"
)
def test_a_missing_client_is_told(capsys):
    assert main(REQUIRED) == 2
    assert "pip install -e '.[sagemaker-client]'" in capsys.readouterr().err


@pytest.mark.skipif(
    importlib.util.find_spec("sagemaker") is None,
    reason="sagemaker-core (447 MB) is not installed: pip install 'stem-foundry[sagemaker-client]'",
)
def test_awss_own_client_starts_the_job(monkeypatch, capsys):
    from botocore.client import BaseClient
    from botocore.validate import ParamValidator

    requests = {}

    def answer(client, operation, parameters):
        shape = client.meta.service_model.operation_model(operation).input_shape
        report = ParamValidator().validate(parameters, shape)
        assert not report.has_errors(), report.generate_report()
        requests[operation] = parameters
        arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/x"
        described = {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"}, "TrainingJobStatus": "InProgress"}
        return {"TrainingJobName": "x", "TrainingJobArn": arn, "SecondaryStatus": "Starting"} | described

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")

    assert main([*REQUIRED, "--minutes", "90"]) == 0

    request = requests["CreateTrainingJob"]
    assert request["EnableManagedSpotTraining"] is True
    limits = request["StoppingCondition"]
    assert limits["MaxWaitTimeInSeconds"] > limits["MaxRuntimeInSeconds"] > 90 * 60
    assert request["CheckpointConfig"]["S3Uri"].startswith("s3://bucket/models/my-model-")
    assert request["InputDataConfig"][0]["ChannelName"] == "training"
    assert json.dumps(request["HyperParameters"]).count("my_model") == 1
