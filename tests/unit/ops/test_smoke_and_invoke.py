import sys
import types
from datetime import UTC, datetime

import pytest

from contract.api import DeletionReceipt
from contract.audio import OutputOptions, Stem
from contract.keys import parse_inference_id
from contract.report import Report
from infra.ops import invoke
from infra.ops.deployment import OpsError
from infra.ops.smoke import DEMO_SONG, smoke
from stem_foundry import DownloadedFiles, Result
from tests.unit.ops.stubbed import deployment

STEMS = (Stem.DRUMS, Stem.BASS, Stem.OTHER, Stem.VOCALS)


def report(**changes) -> Report:
    return Report.model_validate(
        {
            "job_id": "j",
            "attempt": 1,
            "created_at": datetime(2026, 11, 21, tzinfo=UTC),
            "source": {
                "container": "mp3",
                "codec": "mp3",
                "sample_rate_hz": 44100,
                "channels": 2,
                "samples": 44100,
                "duration_seconds": 1.0,
            },
            "model": {
                "name": "foundry_4s",
                "digest": "d",
                "licence": "MIT",
                "provenance": "p",
                "commercial_use": "c",
            },
            "output": OutputOptions(),
            "sample_rate_hz": 44100,
            "samples": 44100,
            "device": "cuda:0",
            "seconds": {},
            "real_time_factor": 10.0,
            "residual_db": -60.0,
            "common_gain_db": 0.0,
            "stems": [{"stem": stem, "peak": 0.5, "rms_dbfs": -20.0, "silent": False} for stem in STEMS],
            "warnings": [],
        }
        | changes
    )


class Service:
    """Stands in for the SDK's client."""

    answer: Report
    written = b"x"
    stems = STEMS
    receipt: DeletionReceipt | None

    def __init__(self, url):
        assert url == "https://stems.example"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def separate(self, song, directory, **options):
        assert song == DEMO_SONG
        assert options["delete_after"] is True
        paths = {stem: directory / f"{stem}.flac" for stem in self.stems}
        for path in paths.values():
            path.write_bytes(self.written)
        files = DownloadedFiles(paths, directory / "report.json")
        return Result(None, files, self.answer, self.receipt)


@pytest.fixture
def service(monkeypatch):
    kind = type(
        "Chosen", (Service,), {"answer": report(), "receipt": types.SimpleNamespace(objects_removed=6)}
    )
    monkeypatch.setattr("infra.ops.smoke.StemFoundry", kind)
    return kind


def test_the_bundled_song_exists():
    assert DEMO_SONG.stat().st_size > 100_000


def test_all_is_well(service, tmp_path):
    assert smoke("https://stems.example", tmp_path).problems == ()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"answer": report(device="cpu")}, "separated on cpu, not on a GPU"),
        ({"answer": report(residual_db=0.0)}, "the stems do not add up to the song: residual 0.0 dB"),
        (
            {"answer": report(stems=[{"stem": "vocals", "peak": 0.0, "rms_dbfs": None, "silent": True}])},
            "every stem is silent",
        ),
        ({"stems": STEMS[:2]}, "stems missing: other, vocals"),
        ({"receipt": None}, "the job's files were not deleted"),
    ],
)
def test_what_is_wrong_is_said(service, tmp_path, change, problem):
    for name, value in change.items():
        setattr(service, name, value)
    assert smoke("https://stems.example", tmp_path).problems == (problem,)


def test_empty_files_and_another_model_are_problems(service, tmp_path):
    service.written = b""
    problems = smoke("https://stems.example", tmp_path, model="htdemucs").problems
    assert problems[0] == "asked for htdemucs, got foundry_4s"
    assert problems[1:] == tuple(f"{stem} is empty" for stem in sorted(STEMS))


def test_a_cpu_may_be_allowed(service, tmp_path):
    service.answer = report(device="cpu")
    assert smoke("https://stems.example", tmp_path, expect_gpu=False).problems == ()


def test_without_the_sdk_it_is_named(session, monkeypatch):
    monkeypatch.setitem(sys.modules, "sagemaker.core.resources", None)
    with pytest.raises(OpsError, match="SageMaker SDK is not installed"):
        invoke.invoke(deployment(session))


def test_a_probe_belongs_to_no_job(session, monkeypatch):
    sent = {}

    class Endpoint:
        def __init__(self, endpoint_name):
            sent["endpoint_name"] = endpoint_name

        def invoke_async(self, **arguments):
            sent.update(arguments)
            return types.SimpleNamespace(output_location="s3://b/out", failure_location="s3://b/failed")

    module = types.ModuleType("sagemaker.core.resources")
    module.Endpoint = Endpoint
    monkeypatch.setitem(sys.modules, "sagemaker.core.resources", module)
    chosen = deployment(session)
    session.outputs(chosen.settings, "Storage", AudioBucketName="bucket-x")
    session.answer("s3", "put_object", {})
    result = invoke.invoke(chosen)
    assert sent["endpoint_name"] == "stem-foundry-dev"
    assert sent["input_location"].startswith("s3://bucket-x/jobs/")
    assert result.output == "s3://b/out"
    assert parse_inference_id(result.inference_id) is None
