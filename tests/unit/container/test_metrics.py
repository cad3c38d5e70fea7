"""Metrics as CloudWatch reads them from the log."""

import json
import logging
import threading

import pytest

from contract.environment import ContainerEnvironment
from contract.limits import Limits
from contract.metrics import Metric
from sagemaker_container import logs
from sagemaker_container.metrics import Metrics
from sagemaker_container.worker import Readiness, Worker

from .audio_files import RATE, noise, write
from .aws import BUCKET, TABLE

ENDPOINT = "stem-foundry-test"


class Lines(logging.Handler):
    """Log lines of metrics as they leave the process."""

    def __init__(self):
        super().__init__()
        self.setFormatter(logs.JsonFormatter())
        self.written = []

    def emit(self, record):
        line = json.loads(self.format(record))
        if "_aws" in line:
            self.written.append(line)

    def values(self, metric):
        return [line[metric] for line in self.written if metric in line]


@pytest.fixture
def lines():
    handler = Lines()
    logger = logging.getLogger("sagemaker_container.metrics")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_a_line_describes_its_metrics(lines):
    Metrics(ENDPOINT).emit({Metric.IN_FLIGHT: 1, Metric.JOB_SECONDS: 12.5})
    (line,) = lines.written
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "StemFoundry",
        "Dimensions": [["EndpointName"]],
        "Metrics": [{"Name": "InFlight", "Unit": "Count"}, {"Name": "JobSeconds", "Unit": "Seconds"}],
    }
    assert (line["EndpointName"], line["InFlight"], line["JobSeconds"]) == (ENDPOINT, 1, 12.5)
    # Milliseconds of this century.
    assert 1.7e12 < line["_aws"]["Timestamp"] < 5e12


def test_without_an_endpoint_nothing_is_written(lines):
    Metrics(None).emit({Metric.IN_FLIGHT: 1})
    assert lines.written == []


def started(model_directory, endpoint_name):
    worker = Worker(
        ContainerEnvironment(
            table_name=TABLE,
            audio_bucket=BUCKET,
            limits=Limits(),
            model_directory=model_directory,
            preload_model="small",
            endpoint_name=endpoint_name,
        )
    )
    worker.start()
    waiting = threading.Event()
    for _ in range(600):
        if worker.readiness is not Readiness.STARTING:
            break
        waiting.wait(0.05)
    assert worker.readiness is Readiness.READY
    return worker


def test_a_worker_tells_that_it_lives_when_it_works_and_what_a_job_took(
    aws, model_directory, lines, tmp_path
):
    worker = started(model_directory, ENDPOINT)
    try:
        assert set(lines.values("InFlight")) <= {0}
        result = worker.process(aws.add_job(write(tmp_path / "song.wav", noise(2 * RATE))))
    finally:
        worker.close()
    assert result.status == "completed"
    # A song shorter than the time between heartbeats is seen all the same.
    assert 1 in lines.values("InFlight")
    assert lines.values("InFlight")[-1] == 0
    assert set(lines.values("WorkerHeartbeat")) == {1}
    assert len(lines.values("ColdStartSeconds")) == 1
    assert lines.values("AudioSeconds") == [2.0]
    (seconds,) = lines.values("JobSeconds")
    assert seconds > 0


def test_a_job_that_is_skipped_costs_nothing(aws, model_directory, lines, tmp_path):
    worker = started(model_directory, ENDPOINT)
    try:
        request = aws.add_job(write(tmp_path / "song.wav", noise(RATE)))
        worker.process(request.model_copy(update={"attempt": 2}))
    finally:
        worker.close()
    assert lines.values("JobSeconds") == []
