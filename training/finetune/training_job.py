"""Start a training job on SageMaker: `python -m training.finetune.training_job`.

AWS's own client does the work: `pip install -e '.[sagemaker-client]'`. The image is the one of
training/Dockerfile; what happens in it is `sagemaker_container.train`.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from contract.catalogue import DEFAULT_MODEL
from training.finetune.record import NAME_PATTERN

START_AND_CHECKS_HOURS: Final = 1.0
"""For the start of the instance, the songs' way to it, and separating the songs held out."""
OVERTIME: Final = 1.2
SPOT_WAITING_HOURS: Final = 24
_PASSED_ON: Final = ("from", "minutes", "steps", "held-out", "batch-size", "learning-rate", "seed")


def start(options: argparse.Namespace, now: datetime) -> Any:
    """Start the job and return it as the client's `TrainingJob`.

    Raises:
        botocore.exceptions.ClientError: AWS refuses it.
    """
    from sagemaker.core import shapes
    from sagemaker.core.resources import TrainingJob

    seconds = round(3600 * (START_AND_CHECKS_HOURS + OVERTIME * options.minutes / 60))
    channels = {"training": options.data, "validation": options.validation}
    name = job_name(options.name, now)
    return TrainingJob.create(
        training_job_name=name,
        role_arn=options.role,
        algorithm_specification=shapes.AlgorithmSpecification(
            training_image=options.image, training_input_mode="File"
        ),
        hyper_parameters=hyperparameters(options),
        input_data_config=[_channel(shapes, key, uri) for key, uri in channels.items() if uri],
        output_data_config=shapes.OutputDataConfig(s3_output_path=options.output),
        resource_config=shapes.ResourceConfig(
            instance_type=options.instance, instance_count=1, volume_size_in_gb=options.volume_gb
        ),
        stopping_condition=shapes.StoppingCondition(
            max_runtime_in_seconds=seconds,
            **({"max_wait_time_in_seconds": seconds + 3600 * SPOT_WAITING_HOURS} if options.spot else {}),
        ),
        enable_managed_spot_training=options.spot,
        checkpoint_config=shapes.CheckpointConfig(s3_uri=f"{options.output.rstrip('/')}/{name}/checkpoints"),
        enable_network_isolation=True,
        region=options.region,
    )


def hyperparameters(options: argparse.Namespace) -> dict[str, str]:
    """Return what the container hands on to the training."""
    values = vars(options)
    given = {name: values[name.replace("-", "_")] for name in _PASSED_ON}
    return {"name": options.name} | {name: str(value) for name, value in given.items() if value is not None}


def job_name(model: str, now: datetime) -> str:
    """Return a name that SageMaker takes, different each second."""
    plain = re.sub(r"[^a-z0-9]+", "-", model).strip("-")
    return f"{plain[:40]}-{now:%Y%m%d-%H%M%S}"


def _channel(shapes: Any, name: str, uri: str) -> Any:
    source = shapes.S3DataSource(
        s3_data_type="S3Prefix", s3_uri=uri, s3_data_distribution_type="FullyReplicated"
    )
    return shapes.Channel(channel_name=name, data_source=shapes.DataSource(s3_data_source=source))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    options = parse(arguments)
    try:
        job = start(options, datetime.now(UTC))
    except ModuleNotFoundError as error:
        print(f"error: {error.name} is missing: pip install -e '.[sagemaker-client]'", file=sys.stderr)
        return 2
    print(f"Started   {job.training_job_name}")
    if options.wait:
        job.wait()
        print(f"aws s3 cp {job.model_artifacts.s3_model_artifacts} . && stems models add model.tar.gz")
    return 0


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; exits with a usage message when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m training.finetune.training_job", description=__doc__)
    add = parser.add_argument
    add("--image", required=True, help="of training/Dockerfile, in ECR")
    add("--role", required=True, help="ARN of the role the job runs under")
    add("--data", required=True, type=_s3, help="s3:// prefix of the multitracks")
    add("--validation", type=_s3, help="s3:// prefix of songs to measure with")
    add("--output", required=True, type=_s3, help="s3:// prefix for the model and for checkpoints")
    add("--name", required=True, type=_model_name, help="of the new model")
    add("--from", default=DEFAULT_MODEL, help=f"bundled model to start from; default {DEFAULT_MODEL}")
    add("--minutes", type=float, default=60.0, help="how long to train; default 60")
    add("--steps", type=int, help="instead of --minutes, which then still bounds the job's time")
    add("--held-out", type=float)
    add("--batch-size", type=int)
    add("--learning-rate", type=float)
    add("--seed", type=int)
    add("--instance", default="ml.g5.xlarge")
    add("--volume-gb", type=int, default=100, help="must hold the songs")
    add("--spot", action=argparse.BooleanOptionalAction, default=True, help="cheaper, may be interrupted")
    add("--region", help="default: the one of your AWS configuration")
    add("--wait", action="store_true", help="follow the job to its end")
    return parser.parse_args(arguments)


def _s3(text: str) -> str:
    if not re.fullmatch(r"s3://[a-z0-9.-]{3,63}(/.*)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no s3:// address")
    return text


def _model_name(text: str) -> str:
    if not re.fullmatch(NAME_PATTERN, text):
        raise argparse.ArgumentTypeError("small letters, digits, _ . - and at most 64 of them")
    return text


if __name__ == "__main__":
    sys.exit(main())
