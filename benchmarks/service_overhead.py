"""What does the service itself add to the separation of a 20-second song, warm?

Runs the whole path on this machine (session, upload, job, endpoint, container, status, downloads) and takes
decoding, separation and encoding, as the report tells them, off the wall time.

    python -m benchmarks.service_overhead [--runs 7]
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.environment import save
from contract.api import Job
from contract.audio import CHANNELS, SAMPLE_RATE_HZ
from contract.states import JobStage
from local.service import LocalService
from local.settings import LocalSettings
from stem_foundry import StemFoundry, TransferProgress

_SECONDS = 20
_ENGINE_STAGES = (JobStage.DECODING, JobStage.SEPARATING, JobStage.ENCODING)
_PORTS = {"web_port": 8800, "aws_port": 8801, "endpoint_port": 8802, "container_port": 8803}


def _song(path: Path, seed: int) -> Path:
    # Every run gets other bytes, or the result cache would answer.
    noise = np.random.default_rng(seed).standard_normal((_SECONDS * SAMPLE_RATE_HZ, CHANNELS)) * 0.05
    soundfile.write(path, noise, SAMPLE_RATE_HZ)
    return path


def measure(client: StemFoundry, song: Path, out: Path) -> dict[str, float]:
    """One run: wall seconds, and how they divide."""
    marks: dict[str, float] = {}

    def note(update: TransferProgress | Job) -> None:
        if isinstance(update, Job):
            marks.setdefault(str(update.state), time.perf_counter())

    started = time.perf_counter()
    upload = client.upload(song)
    uploaded = time.perf_counter()
    job = client.create_job(upload)
    created = time.perf_counter()
    job = client.wait(job.job_id, note)
    finished = time.perf_counter()
    report = client.download(job, out).read_report()
    ended = time.perf_counter()
    engine = sum(report.seconds[stage] for stage in _ENGINE_STAGES)
    inside = sum(report.seconds.values())
    return {
        "wall": ended - started,
        "engine": engine,
        "service": ended - started - engine,
        "upload": uploaded - started,
        "create": created - uploaded,
        "queue_and_notice": finished - created - inside,
        "container_transfers": inside - engine,
        "download": ended - finished,
    }


def main() -> int:
    """Measure, print a table and save the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        settings = LocalSettings(state_directory=Path(folder) / "state", **_PORTS)
        with LocalService(settings) as service, StemFoundry(service.api_url) as client:
            samples = [
                measure(client, _song(Path(folder) / f"{run}.wav", run), Path(folder) / f"out-{run}")
                for run in range(runs + 1)
            ][1:]
    medians = {name: round(statistics.median(sample[name] for sample in samples), 3) for name in samples[0]}
    for name, seconds in medians.items():
        print(f"{name:22s} {seconds:7.3f} s")
    path = save(
        "service_overhead",
        {
            "question": (__doc__ or "").splitlines()[0],
            "runs": runs,
            "median_seconds": medians,
            "all": samples,
        },
    )
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
