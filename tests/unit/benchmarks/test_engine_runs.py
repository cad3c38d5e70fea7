"""The engine's benchmarks run from end to end on small networks; their figures are not looked at."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks import environment
from benchmarks.engine import cpu, gpu, gpu_runs, models, places
from benchmarks.engine.song import write_song
from contract.registered_models import registered_models
from sagemaker_container.separation.backends.base import Precision

SMALL = models.TINY | {"segment": 1, "channels": 8, "depth": 4}


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    """Folders of a benchmark that nobody else uses, with small networks under the names of the large ones."""
    data = tmp_path / "data"
    weights = data / "weights"
    models.write_all(weights, full_size=SMALL, tiny=SMALL)
    monkeypatch.setattr(places, "DATA", data)
    monkeypatch.setattr(places, "WEIGHTS", weights)
    monkeypatch.setattr(places, "CATALOGUE", weights / "catalogue.json")
    monkeypatch.setattr(environment, "RESULTS", tmp_path / "results")
    return tmp_path


def result(folder: Path, name: str):
    return json.loads((folder / "results" / f"{name}.json").read_text(encoding="utf-8"))


def test_demucs_and_the_service_know_the_same_networks(data):
    weights = data / "data" / "weights"
    registered = {model.name: model for model in registered_models(weights / "catalogue.json", reserved=())}
    assert set(registered) == {"random", "random_ft", "random_tiny"}
    for model in registered.values():
        assert len(gpu_runs.reference.separator(model.name, weights, "cpu").model.models) == len(
            model.weights
        )


def test_networks_are_the_same_wherever_they_are_written(tmp_path):
    first, second = (models.write(tmp_path, f"n{number}", SMALL, seed=3) for number in range(2))
    assert first.sha256 == second.sha256


def test_layer_scales_are_large_enough_to_show_errors():
    network = models.network(SMALL, 0)
    scales = [
        value.detach()
        for name, value in network.named_parameters()
        if name.endswith("scale") and value.ndim == 1
    ]
    assert scales
    assert all(float(value.min()) >= 0.1 and float(value.max()) <= 0.5 for value in scales)


def test_cpu_benchmark_compares_the_engine_with_demucs(data, capsys):
    status = cpu.main(
        ["--seconds", "2", "--repeats", "1", "--threads", "1", "--subjects", "demucs_api,full_torch"]
    )
    output = capsys.readouterr()
    assert status == 0, output.err
    figures = json.loads(output.out.splitlines()[-1])
    assert list(figures) == [
        "full_speedup", "full_max_abs", "full_sdr_db", "fast_speedup", "fast_sdr_db",
        "specialist_speedup", "mp3_overhead",
    ]  # fmt: skip
    assert set(figures.values()) == {None}
    saved = result(data, "engine_cpu")
    assert saved["headline"] == figures
    assert saved["differences"]["full_torch"]["offset_samples"] == 0
    assert saved["differences"]["full_torch"]["max_abs"] < 1e-5
    engine = saved["subjects"]["full_torch"]
    assert engine["median"]["peak_mb"] > 50
    assert engine["precision"] == Precision.FP32
    assert engine["busy_seconds"]["separating"] > 0
    assert not list((data / "data").glob("bench-*"))


def test_cpu_benchmark_says_what_failed(data, capsys):
    (data / "song.mp3").write_bytes(b"no music")
    assert cpu.main(["--song", str(data / "song.mp3"), "--subjects", "demucs"]) == 1
    assert capsys.readouterr().err.strip()


def test_gpu_benchmark_needs_a_gpu(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.main([]) == gpu.NO_GPU
    assert "no CUDA device" in capsys.readouterr().err


def test_gpu_benchmark_on_the_cpu(data, monkeypatch, capsys):
    monkeypatch.setattr(gpu_runs, "NASTY_SECONDS", 1)
    arguments = ["--device", "cpu", "--tiny", "--seconds", "2", "--repeats", "1", "--batches", "1,3"]
    status = gpu.main(arguments)
    output = capsys.readouterr()
    assert status == 0, output.err
    figures = json.loads(output.out.splitlines()[-1])
    assert figures["nasty_inputs_finite"]
    assert figures["fp32_max_abs"] < 1e-5
    saved = result(data, "engine_gpu")
    assert [(row["policy"], row["batch"]) for row in saved["runs"]] == [
        ("full", 1), ("full", 3), ("fast", 1), ("fast", 3),
    ]  # fmt: skip
    assert saved["runs"][0]["precision"] == Precision.FP32
    assert len(saved["nasty_inputs"]) == 10
    assert saved["processes"]["full"]["stage_seconds"]["separating"] > 0


def test_nasty_inputs_are_seen_to_fail(data, monkeypatch):
    monkeypatch.setattr(gpu_runs, "NASTY_SECONDS", 1)
    folder = data / "data"
    [model] = [
        m for m in registered_models(folder / "weights" / "catalogue.json", reserved=()) if m.name == "random"
    ]
    loaded = gpu_runs.load(model, folder / "weights", torch.device("cpu"), gpu.PrecisionPolicy.FULL)
    signals = gpu_runs.nasty_inputs()
    assert gpu_runs.all_finite(loaded, signals["clipped"], folder)
    network = loaded.members[0].backend
    monkeypatch.setattr(
        type(network),
        "__call__",
        lambda _, segments: torch.full((len(segments), 4, *segments.shape[1:]), torch.nan),
    )
    assert not gpu_runs.all_finite(loaded, signals["clipped"], folder)


def test_a_given_song_is_cut_and_converted(data):
    source = write_song(data / "source.wav", 3)
    cut = gpu_runs.reference.read(cpu.prepared_song(source, 1.5, 180, data))
    assert cut.shape == (2, 66_150)
    assert torch.equal(cut, gpu_runs.reference.read(source)[:, :66_150])
