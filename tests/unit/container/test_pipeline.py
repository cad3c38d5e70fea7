"""The library: a file in, stems and a report out."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from contract.audio import DRUM_PARTS, Extras, OutputOptions, Stem
from contract.errors import ErrorCode, StemFoundryError, WarningCode
from contract.preview import MIXTURE_LANE, PreviewIndex
from contract.states import JobStage
from sagemaker_container.separation import disk
from sagemaker_container.separation.delivery import FileKind, preview_index_path, preview_path
from sagemaker_container.separation.pipeline import separate_file, stem_path

from .audio_files import RATE, decoded, mux, noise, tones, write
from .small_models import STEMS


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def separated(path, out, store, **options):
    return separate_file(path, out, model=options.pop("model", "small"), store=store, **options)


def codes(report):
    return [warning.code for warning in report.warnings]


def test_stems_have_the_songs_length_and_add_up(tmp_path, out, store):
    original = noise(2 * RATE + 77)
    path = write(tmp_path / "song.wav", original, subtype="FLOAT")
    report = separated(path, out, store, output=OutputOptions(bit_depth=32))
    stems = [soundfile.read(stem_path(out, stem, report.output), dtype="float32")[0] for stem in STEMS]
    assert np.abs(sum(stems) - original).max() < 1e-5
    assert report.samples == len(original)
    assert report.residual_db < -60
    assert {file.name for file in out.iterdir()} == {f"{stem}.wav" for stem in STEMS}


def test_the_report_tells_what_was_done(tmp_path, out, store, entries):
    path = mux(tmp_path / "song", tones(RATE), "libmp3lame", "mp3")
    report = separated(path, out, store, job_id="job", attempt=2, stems=[Stem.BASS])
    assert (report.job_id, report.attempt) == ("job", 2)
    assert (report.source.container, report.source.codec) == ("mp3", "mp3")
    assert report.source.duration_seconds == 1.0
    assert report.model.digest == entries["small"].digest
    assert report.model.licence == "MIT"
    assert report.device == "cpu"
    assert set(report.seconds) == {"decoding", "separating", "encoding"}
    assert report.real_time_factor > 0
    assert [level.stem for level in report.stems] == [Stem.BASS]
    assert report.output.bit_depth == 16


@pytest.mark.parametrize("model", ["small", "small_specialists"])
def test_instrumental_is_the_mixture_without_vocals(tmp_path, out, store, model):
    original = noise(RATE)
    path = write(tmp_path / "song.wav", original, subtype="FLOAT")
    wanted = [Stem.VOCALS, Stem.INSTRUMENTAL]
    report = separated(path, out, store, model=model, stems=wanted, output=OutputOptions(bit_depth=32))
    vocals, instrumental = (decoded(stem_path(out, stem, report.output))[1] for stem in wanted)
    assert np.abs(vocals + instrumental - original).max() < 1e-6


def test_instrumental_alone_is_possible(tmp_path, out, store):
    path = write(tmp_path / "song.wav", noise(RATE))
    separated(path, out, store, model="small_specialists", stems=[Stem.INSTRUMENTAL])
    assert [file.name for file in out.iterdir()] == ["instrumental.wav"]


def test_without_all_stems_there_is_no_residual(tmp_path, out, store):
    path = write(tmp_path / "song.wav", noise(RATE))
    report = separated(path, out, store, model="small_specialists", stems=[Stem.VOCALS])
    assert report.residual_db is None


@pytest.mark.parametrize(
    "output",
    [OutputOptions(bit_depth=16), OutputOptions(format="flac"), OutputOptions(format="mp3")],
    ids=lambda output: str(output.format),
)
def test_stems_that_would_clip_share_one_gain(tmp_path, out, store, output):
    loud = noise(RATE) * 40
    path = write(tmp_path / "song.wav", loud, subtype="FLOAT")
    report = separated(path, out, store, output=output)
    highest = max(level.peak for level in report.stems)
    assert highest > 1
    assert report.common_gain_db == pytest.approx(-20 * np.log10(highest), abs=0.01)
    assert codes(report) == [WarningCode.COMMON_GAIN_APPLIED]
    if output.format != "mp3":
        stems = [decoded(stem_path(out, stem, output))[1] for stem in STEMS]
        assert np.abs(sum(stems) * highest - loud).max() < highest * 1e-3


def test_the_peaks_that_lame_has_no_room_for_lower_all_stems(tmp_path, out, store):
    original = noise(RATE)
    path = write(tmp_path / "song.wav", original, subtype="FLOAT")
    quiet = separated(path, out, store, output=OutputOptions(bit_depth=32))
    factor = 0.98 / max(level.peak for level in quiet.stems)
    write(path, (original * factor).astype(np.float32), subtype="FLOAT")
    report = separated(path, out, store, output=OutputOptions(format="mp3", bitrate_kbps=128))
    assert report.common_gain_db == pytest.approx(20 * np.log10(0.95 / 0.98), abs=0.011)
    assert separated(path, out, store, output=OutputOptions(format="mp3")).common_gain_db == 0


@pytest.mark.parametrize("rate", [22_050, 48_000, 96_000])
def test_stems_have_the_songs_rate_and_length_on_request(tmp_path, out, store, rate):
    original = tones(2 * rate + 77, rate=rate)
    path = write(tmp_path / "song.wav", original, rate, subtype="FLOAT")
    output = OutputOptions(bit_depth=32, original_sample_rate=True)
    report = separated(path, out, store, output=output)
    assert (report.sample_rate_hz, report.samples) == (rate, len(original))
    stems = [soundfile.read(stem_path(out, stem, report.output), dtype="float32")[0] for stem in STEMS]
    assert {soundfile.info(stem_path(out, stem, report.output)).samplerate for stem in STEMS} == {rate}
    inner = slice(rate // 10, -rate // 10)
    assert sum(stems).shape == original.shape
    assert np.abs(sum(stems) - original)[inner].max() < 1e-3


def test_float_stems_are_not_touched(tmp_path, out, store):
    path = write(tmp_path / "song.wav", noise(RATE) * 40, subtype="FLOAT")
    report = separated(path, out, store, output=OutputOptions(bit_depth=32))
    assert report.common_gain_db == 0
    assert codes(report) == []


def test_silence_gives_silent_stems_and_says_so(tmp_path, out, store):
    path = write(tmp_path / "song.flac", np.zeros((RATE, 2), np.float32))
    report = separated(path, out, store)
    assert codes(report) == [WarningCode.SILENT_INPUT]
    assert report.residual_db is None
    assert all(level.silent for level in report.stems)
    assert not decoded(stem_path(out, Stem.VOCALS, report.output))[1].any()


@pytest.mark.parametrize("audio_format", ["wav", "flac", "mp3", "m4a"])
def test_one_sample_gives_stems_of_one_sample(tmp_path, out, store, audio_format):
    path = write(tmp_path / "song.wav", np.full((1, 2), 0.5, np.float32))
    report = separated(path, out, store, output=OutputOptions(format=audio_format))
    assert report.samples == 1
    assert codes(report) == [WarningCode.SHORT_INPUT]
    for stem in STEMS:
        assert decoded(stem_path(out, stem, report.output))[0].samples == 1


def test_titles_name_the_stem(tmp_path, out, store):
    path = mux(tmp_path / "song", tones(RATE), "flac", "flac", metadata={"title": "Song", "artist": "Band"})
    report = separated(path, out, store, output=OutputOptions(format="flac"))
    with soundfile.SoundFile(stem_path(out, Stem.BASS, report.output)) as file:
        assert file.copy_metadata() == {"title": "Song (bass)", "artist": "Band"}


def test_progress_goes_through_the_stages_in_order(tmp_path, out, store):
    events = []
    path = write(tmp_path / "song.wav", noise(4 * RATE))
    separated(path, out, store, on_progress=lambda stage, share: events.append((stage, share)))
    stages = list(dict.fromkeys(stage for stage, _ in events))
    assert stages == [JobStage.DECODING, JobStage.SEPARATING, JobStage.ENCODING]
    separating = [share for stage, share in events if stage is JobStage.SEPARATING]
    assert separating == sorted(separating)
    assert separating[-1] == 1


@pytest.mark.parametrize("stage", [JobStage.DECODING, JobStage.SEPARATING, JobStage.ENCODING])
def test_progress_can_end_the_work_in_every_stage(tmp_path, out, store, stage):
    def stop(current, _share):
        if current is stage:
            raise InterruptedError

    path = write(tmp_path / "song.wav", noise(RATE))
    with pytest.raises(InterruptedError):
        separated(path, out, store, on_progress=stop)
    assert not [file for file in out.iterdir() if file.name.startswith("decoding")]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"model": "nothing"}, ErrorCode.UNKNOWN_MODEL),
        ({"stems": [Stem.PIANO]}, ErrorCode.UNKNOWN_STEM),
        ({"model": "htdemucs"}, ErrorCode.MODEL_UNAVAILABLE),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path, out, store, options, code):
    path = write(tmp_path / "song.wav", noise(RATE))
    with pytest.raises(StemFoundryError) as caught:
        separated(path, out, store, **options)
    assert caught.value.code is code


EXTRAS = Extras(drum_parts=True, analysis=True, previews=True)


def test_parts_of_the_drums_add_up_to_the_drums(tmp_path, out, store):
    original = noise(2 * RATE + 77)
    path = write(tmp_path / "song.wav", original, subtype="FLOAT")
    report = separated(
        path,
        out,
        store,
        stems=[Stem.DRUMS],
        output=OutputOptions(bit_depth=32),
        extras=Extras(drum_parts=True, analysis=False, previews=False),
        kit_model="small_kit",
    )
    assert [level.stem for level in report.stems] == [Stem.DRUMS, *DRUM_PARTS]
    drums, *parts = (decoded(stem_path(out, level.stem, report.output))[1] for level in report.stems)
    assert np.abs(sum(parts) - drums).max() < 1e-6
    assert report.kit_model.name == "small_kit"
    assert {file.name for file in out.iterdir()} == {f"{stem}.wav" for stem in (Stem.DRUMS, *DRUM_PARTS)}


def test_drums_need_not_be_delivered_to_be_split(tmp_path, out, store):
    path = write(tmp_path / "song.wav", noise(RATE))
    report = separated(
        path,
        out,
        store,
        model="small_specialists",
        stems=[Stem.VOCALS],
        extras=Extras(drum_parts=True, analysis=False, previews=False),
        kit_model="small_kit",
    )
    assert [level.stem for level in report.stems] == [Stem.VOCALS, *DRUM_PARTS]
    assert not (out / "drums.wav").exists()


def test_parts_of_the_drums_need_a_model_that_makes_them(tmp_path, out, store):
    path = write(tmp_path / "song.wav", noise(RATE))
    with pytest.raises(StemFoundryError) as caught:
        separated(path, out, store, extras=Extras(drum_parts=True))
    assert caught.value.code is ErrorCode.MODEL_UNAVAILABLE


def test_everything_at_once(tmp_path, out, store):
    finished = []
    path = write(tmp_path / "song.wav", noise(3 * RATE))
    report = separated(path, out, store, extras=EXTRAS, kit_model="small_kit", on_file=finished.append)
    delivered = [*STEMS, *DRUM_PARTS]
    assert [level.stem for level in report.stems] == delivered
    assert all(level.true_peak_dbtp is not None for level in report.stems)
    assert report.analysis is not None
    assert report.trace.keys() >= {"decoding", "separating", "analysing", "previews", "encoding", "spooling"}
    kinds = [(file.kind, file.lane) for file in finished]
    assert sorted(lane for kind, lane in kinds if kind is FileKind.STEM) == sorted(delivered)
    previews = [lane for kind, lane in kinds if kind is FileKind.PREVIEW]
    assert sorted(previews) == sorted([MIXTURE_LANE, *delivered])
    index = PreviewIndex.model_validate_json(preview_index_path(out).read_text())
    assert set(index.lanes) == {MIXTURE_LANE, *map(str, delivered)}
    assert index.samples == 3 * RATE
    for lane, entry in index.lanes.items():
        assert preview_path(out, lane).stat().st_size == entry.size_bytes
        assert decoded(preview_path(out, lane))[0].samples == 3 * RATE


def test_a_loud_part_of_the_drums_lowers_all_stems(tmp_path, out, store):
    path = write(tmp_path / "song.wav", noise(RATE) * 40, subtype="FLOAT")
    extras = Extras(drum_parts=True, analysis=False, previews=False)
    report = separated(path, out, store, extras=extras, kit_model="small_kit")
    highest = max(level.peak for level in report.stems)
    assert report.common_gain_db == pytest.approx(-20 * np.log10(highest), abs=0.01)
    for level in report.stems:
        samples = decoded(stem_path(out, level.stem, report.output))[1]
        assert np.abs(samples).max() == pytest.approx(level.peak / highest, abs=1e-3)


def test_a_disk_that_is_too_small_is_told_before_the_separation(tmp_path, out, store, monkeypatch):
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    stages = []
    path = write(tmp_path / "song.wav", noise(RATE))
    with pytest.raises(disk.DiskSpaceError, match="GB are free"):
        separated(path, out, store, on_progress=lambda stage, _: stages.append(stage))
    assert JobStage.SEPARATING not in stages
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("stage", [JobStage.DECODING, JobStage.SEPARATING, JobStage.ENCODING])
def test_giving_up_leaves_no_thread_and_no_scratch(tmp_path, out, store, stage):
    def stop(current, share):
        if current is stage and (share > 0 or stage is JobStage.ENCODING):
            raise InterruptedError

    threads = threading.active_count()
    path = write(tmp_path / "song.wav", noise(5 * RATE))
    with pytest.raises(InterruptedError):
        separated(path, out, store, extras=EXTRAS, kit_model="small_kit", on_progress=stop)
    assert threading.active_count() == threads
    assert not [path for path in out.iterdir() if path.is_dir() or path.suffix == ".wav"]
