"""SageMaker's container contract against the real server process."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from contract import keys, transitions
from contract.environment import ContainerEnvironment
from contract.inference import InferenceResult
from contract.limits import Limits
from contract.states import JobState
from tests.unit.container.audio_files import RATE, noise, write
from tests.unit.container.aws import BUCKET, JOB_ID, TABLE, Aws, now_ms

REPOSITORY = Path(__file__).resolve().parents[3]
START_SECONDS = 60
# A song that takes long enough for things to happen meanwhile.
LONG_SONG_SECONDS = 300


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope="module")
def long_song(tmp_path_factory):
    return write(tmp_path_factory.mktemp("song") / "song.wav", noise(LONG_SONG_SECONDS * RATE))


@pytest.fixture
def aws(endpoint, monkeypatch):
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).close()
    return Aws.create()


@dataclass
class Server:
    process: subprocess.Popen
    url: str
    log: Path

    def ping(self):
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=10) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def invoke(self, request):
        """Status, headers and body of an invocation."""
        post = urllib.request.Request(
            f"{self.url}/invocations",
            request.model_dump_json().encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(post, timeout=120) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while self.ping() != 200:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            threading.Event().wait(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server(tmp_path, **settings):
    port = free_port()
    (tmp_path / "models").mkdir(exist_ok=True)
    (tmp_path / "scratch").mkdir(exist_ok=True)
    environment = ContainerEnvironment(
        table_name=TABLE,
        audio_bucket=BUCKET,
        model_directory=tmp_path / "models",
        scratch_directory=tmp_path / "scratch",
        limits=Limits(lease_seconds=8),
        **{"preload_model": "small"} | settings,
    )
    log = tmp_path / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.container.serve_small", "serve"],
            cwd=REPOSITORY,
            env=os.environ
            | environment.to_environ()
            | {"BIND_HOST": "127.0.0.1", "PORT": str(port), "OMP_NUM_THREADS": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Server(process, f"http://127.0.0.1:{port}", log)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def running(aws, tmp_path):
    with server(tmp_path) as started:
        started.wait_until_ready()
        yield started


def wait_for_stage(aws, stage):
    deadline = time.monotonic() + 60
    while aws.record().stage != stage:
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


def test_a_job_goes_through_and_its_redelivery_is_skipped(aws, running, tmp_path):
    request = aws.add_job(write(tmp_path / "song.wav", noise(2 * RATE)))
    status, headers, body = running.invoke(request)
    assert status == 200
    assert int(headers["Content-Length"]) == len(body)
    result = InferenceResult.model_validate_json(body)
    assert result.status == "completed"
    assert [stem.key for stem in result.stems] == [
        keys.job_stem(JOB_ID, stem, "wav") for stem in request.stems
    ]
    assert len(aws.objects()) == 5
    aws.change(transitions.complete(result, retention_hours=1, now=now_ms()))
    assert InferenceResult.model_validate_json(running.invoke(request)[2]).status == "skipped"
    [worker] = aws.workers()
    assert "small" in worker["models"]
    lines = [json.loads(line) for line in running.log.read_text().splitlines()]
    done = next(line for line in lines if line["message"] == "the job is done")
    assert (done["job_id"], done["attempt"], done["request_id"]) == (JOB_ID, 1, "request-1")


def test_ping_answers_while_a_job_separates_and_a_cancel_ends_it(aws, running, long_song, tmp_path):
    request = aws.add_job(long_song)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(running.invoke, request)
        wait_for_stage(aws, "separating")
        assert running.ping() == 200
        assert not answer.done()
        aws.change(transitions.request_cancel(JOB_ID))
        assert InferenceResult.model_validate_json(answer.result()[2]).status == "cancelled"
    assert aws.objects() == {}
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_terminated_server_gives_its_job_back_and_is_gone_in_time(aws, running, long_song, tmp_path):
    request = aws.add_job(long_song)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(running.invoke, request)
        wait_for_stage(aws, "separating")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
        assert answer.result()[0] == 503
    record = aws.record()
    assert (record.state, record.attempt) == (JobState.QUEUED, 2)
    assert aws.objects() == {}
    assert aws.workers() == []
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_killed_server_leaves_a_lease_that_runs_out(aws, running, long_song):
    request = aws.add_job(long_song)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(running.invoke, request)
        wait_for_stage(aws, "separating")
        [worker] = children(running.process.pid)
        running.process.kill()
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(OSError, match=r"closed|reset|refused"):
            answer.result()
    record = aws.record()
    assert record.state is JobState.PROCESSING
    assert record.lease_expires_at <= now_ms() + 8000


def children(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def test_without_its_weights_the_server_is_never_healthy(aws, tmp_path):
    with server(tmp_path, preload_model="htdemucs") as started:
        deadline = time.monotonic() + START_SECONDS
        while "not ready" not in started.log.read_text():
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)
        assert started.ping() == 503
        assert "stems models download htdemucs" in started.log.read_text()


def test_a_required_gpu_that_is_missing_ends_the_server(aws, tmp_path):
    with server(tmp_path, require_gpu=True) as started:
        assert started.process.wait(START_SECONDS) not in {0, None}
        assert "no CUDA device is usable" in started.log.read_text()
