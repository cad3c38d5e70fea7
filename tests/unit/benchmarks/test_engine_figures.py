"""The engine's benchmarks, without a run: differences, alignment, medians, table, headline, times."""

import io
import json
import math
import sys

import numpy as np
import pytest
import soundfile
from rich.console import Console

from benchmarks.engine import memory, service_times, song, subjects
from benchmarks.engine.accuracy import (
    Accumulator,
    Comparison,
    Difference,
    combined,
    compare_files,
    compare_folders,
    offset_samples,
)
from benchmarks.engine.process import CommandError, Measurement, measure
from benchmarks.engine.summary import Medians, details, headline, overhead, speedup, table
from benchmarks.scaling_times import DEFAULT_PATH, ServiceTimes

NOISE = np.random.default_rng(0).standard_normal((20_000, 2)).astype(np.float32) * 0.1


def run(wall, cpu=1.0, peak=100.0, child=10.0):
    return Measurement(wall, cpu, peak, child, "")


def compared(max_abs, sdr_db):
    return Comparison(max_abs, sdr_db, sdr_db - 1, 0, {})


def medians(**walls):
    return {name: Medians.of([run(wall)]) for name, wall in walls.items()}


def test_sdr_and_largest_difference_do_not_depend_on_the_blocks():
    estimate = NOISE + np.float32(0.001)
    whole, parts = Accumulator(), Accumulator()
    whole.add(NOISE, estimate)
    for start in range(0, len(NOISE), 777):
        parts.add(NOISE[start : start + 777], estimate[start : start + 777])
    expected = 10 * math.log10(float(np.square(NOISE, dtype=np.float64).sum()) / (1e-6 * NOISE.size))
    assert whole.result().sdr_db == pytest.approx(expected, abs=1e-3)
    assert parts.result().sdr_db == pytest.approx(whole.result().sdr_db)
    assert parts.result().max_abs == whole.result().max_abs == pytest.approx(0.001, rel=1e-3)


def test_equal_signals_have_an_infinite_ratio_and_a_missed_silence_the_lowest():
    same, missed = Accumulator(), Accumulator()
    same.add(NOISE, NOISE)
    missed.add(np.zeros_like(NOISE), NOISE)
    assert same.result() == Difference(0.0, math.inf)
    assert missed.result().sdr_db == -math.inf


@pytest.mark.parametrize("late", [0, 1, 1105, -37])
def test_offset_is_found_to_the_sample(late):
    assert offset_samples(NOISE, np.roll(NOISE, late, axis=0) + 0.01) == late


def test_stems_count_together_and_the_lowest_is_told():
    near, far = Accumulator(), Accumulator(offset_samples=-3)
    near.add(NOISE, NOISE + np.float32(0.001))
    far.add(NOISE, NOISE + np.float32(0.01))
    both = combined({"near": near, "far": far})
    assert both.max_abs == far.max_abs
    assert both.offset_samples == -3
    assert both.lowest_sdr_db == both.stems["far"].sdr_db == far.result().sdr_db
    assert both.sdr_db == pytest.approx(both.lowest_sdr_db + 10 * math.log10(2 / 1.01), abs=0.01)


def test_float_files_keep_differences_that_16_bits_would_hide(tmp_path):
    for name, samples in (("expected", NOISE), ("actual", NOISE + np.float32(2e-6))):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "vocals.wav", samples, 44_100, subtype="FLOAT")
    difference = compare_folders(tmp_path / "expected", tmp_path / "actual", ["vocals"])
    assert difference.max_abs == pytest.approx(2e-6, rel=0.01)
    assert difference.offset_samples == 0


def test_files_of_different_lengths_are_not_compared(tmp_path):
    soundfile.write(tmp_path / "a.wav", NOISE, 44_100)
    soundfile.write(tmp_path / "b.wav", NOISE[:-1], 44_100)
    with pytest.raises(ValueError, match="19999"):
        compare_files(tmp_path / "a.wav", tmp_path / "b.wav")


def test_a_stem_that_is_missing_or_there_twice_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"0 files named vocals\.wav"):
        compare_folders(tmp_path, tmp_path, ["vocals"])
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        soundfile.write(tmp_path / folder / "vocals.wav", NOISE, 44_100)
    with pytest.raises(ValueError, match=r"2 files named vocals\.wav"):
        compare_folders(tmp_path, tmp_path, ["vocals"])


def test_medians_are_taken_of_each_figure_by_itself():
    assert Medians.of([run(3, cpu=1), run(1, cpu=9), run(2, cpu=5)]) == Medians(2, 5, 100, 10)


def test_headline_has_ratios_of_wall_time():
    figures = headline(
        medians(demucs=100, full=50, fast=40, full_mp3=54, demucs_two_stems=400, specialist=100),
        {"full": compared(1e-4, 81.239), "fast": compared(1e-2, math.inf)},
    )
    assert figures == {
        "full_speedup": 2.0,
        "full_max_abs": 1e-4,
        "full_sdr_db": 81.24,
        "fast_speedup": 2.5,
        "fast_sdr_db": None,
        "specialist_speedup": 4.0,
        "mp3_overhead": 0.08,
    }
    json.dumps(figures, allow_nan=False)


def test_what_was_not_run_is_null_rather_than_made_up():
    assert set(headline(medians(full=50), {}).values()) == {None}
    assert speedup(medians(full=50), "demucs", "full") is None
    assert overhead(medians(full=50), "full", "full_mp3") is None


def test_table_shows_every_subject_that_ran():
    values = {name: [run(50.0)] for name in subjects.SUBJECTS}
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table(values, {"full": compared(1e-4, 81.2)}, dict.fromkeys(values, 180.0), "title"))
    text = console.export_text()
    for subject in subjects.SUBJECTS.values():
        assert subject.title in text
    assert "81.2" in text
    assert "80.2" in text
    assert "3.60" in text


def test_details_carry_every_run():
    runs = {"full": [run(50.004), run(52)]}
    described = details(runs, {"full": Medians.of(runs["full"])}, {"full": 180.0})["full"]
    assert [one["wall_seconds"] for one in described["runs"]] == [50.0, 52.0]
    assert described["real_time_factor"] == pytest.approx(180 / 51.002, abs=1e-3)


def test_memory_headline_compares_an_hour_with_three_minutes():
    tiny = {3.0: run(1, peak=400), 60.0: run(1, peak=440)}
    assert memory.headline(tiny, [*tiny.values(), run(1, peak=1500)]) == {
        "rss_ratio_60_to_3": 1.1,
        "peak_mb": 1500.0,
    }
    assert memory.headline({3.0: run(1)}, [run(1)])["rss_ratio_60_to_3"] is None


def test_the_generated_song_is_the_same_at_any_length_loud_and_never_silent(tmp_path):
    short, long = (np.concatenate(list(song.blocks(seconds))) for seconds in (3, 5))
    assert len(short) == 3 * 44_100
    assert np.array_equal(short, long[: len(short)])
    assert 0.05 < np.sqrt(np.square(long).mean()) < 0.2
    windows = long[: len(long) // 4410 * 4410].reshape(-1, 4410, 2)
    assert np.abs(windows).max(axis=(1, 2)).min() > 0.01
    written = song.write_song(tmp_path / "song.wav", 3)
    assert soundfile.info(written).frames == len(short)


def test_a_process_is_measured_with_its_children_apart(tmp_path):
    # The parent keeps 100 MB, its child 200 MB; both stay for many looks once the child is ready.
    child = "kept = b'x' * 200_000_000; print('ready', flush=True); print(input())"
    code = (
        "import subprocess, sys, time; kept = b'x' * 100_000_000;"
        f"p = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=-1, stdout=-1, text=True);"
        "p.stdout.readline(); time.sleep(2); print(p.communicate('said')[0].strip())"
    )
    measured = measure([sys.executable, "-c", code], tmp_path / "log")
    assert measured.output == "said\n"
    assert 100 < measured.peak_mb < 190
    assert 200 < measured.peak_children_mb < 290
    assert measured.wall_seconds > 0
    assert measured.cpu_seconds > 0


def test_a_command_that_fails_says_why(tmp_path):
    code = "import sys; sys.exit('the reason')"
    with pytest.raises(CommandError, match="status 1:\nthe reason"):
        measure([sys.executable, "-c", code], tmp_path / "log")


ENVIRONMENT = {"cpu": "Some CPU", "cores": 2, "date": "2026-11-21"}
GPU_RESULT = {
    "environment": ENVIRONMENT,
    "device": "Tesla T4",
    "song_seconds": 240,
    "decoding_seconds": 0.6,
    "runs": [
        {"policy": "full", "seconds": {"total": 5.0}},
        {"policy": "fast", "seconds": {"total": 3.0}},
        {"policy": "fast", "seconds": {"total": 3.4}},
    ],
}
CPU_RESULT = {
    "environment": ENVIRONMENT,
    "song_seconds": 180,
    "subjects": {"full": {"median": {"wall_seconds": 54}}},
}


def updated_times(tmp_path, result, *options):
    result_path, times_path = tmp_path / "result.json", tmp_path / "times.toml"
    result_path.write_text(json.dumps(result), encoding="utf-8")
    times_path.write_text(DEFAULT_PATH.read_text(encoding="utf-8"), encoding="utf-8")
    status = service_times.main([str(result_path), "--file", str(times_path), *options])
    return status, ServiceTimes.load(times_path), times_path.read_text(encoding="utf-8")


def test_service_times_take_a_measurement_of_their_own_hardware_as_one(tmp_path):
    status, times, text = updated_times(tmp_path, GPU_RESULT)
    assert status == 0
    assert times.status == "measured"
    assert times.hardware == "Tesla T4, 2026-11-21"
    assert times.job.per_audio_second == pytest.approx(3.6 / 240)
    before = ServiceTimes.load()
    assert times.job.fixed_seconds == before.job.fixed_seconds
    assert text.count("#") == DEFAULT_PATH.read_text(encoding="utf-8").count("#")


def test_what_was_measured_elsewhere_stays_an_estimate_and_says_where_it_comes_from(tmp_path):
    _, times, _ = updated_times(tmp_path, CPU_RESULT, "--hardware", "ml.g4dn.xlarge (T4)", "--factor", "0.15")
    assert times.status == "estimate"
    assert times.hardware == (
        "ml.g4dn.xlarge (T4); engine time from 2 cores of Some CPU, 2026-11-21, times 0.15"
    )
    assert times.job.per_audio_second == pytest.approx(0.3 * 0.15)


def test_a_file_that_is_no_result_changes_nothing(tmp_path, capsys):
    status, times, _ = updated_times(tmp_path, {"environment": ENVIRONMENT, "other": 1})
    assert status == 1
    assert times == ServiceTimes.load()
    assert "make bench" in capsys.readouterr().err
