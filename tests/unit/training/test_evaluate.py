"""Models, baselines and the oracle are compared on the same songs, the way the service separates them."""

import json

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import save_file

from sagemaker_container.separation.models.band_split_network import BandSplitNetwork
from training.baselines import song_estimates
from training.data.chance import Chance
from training.data.clips import save_clip
from training.data.kits.parts import KIT_PARTS
from training.evaluate import evaluate_set, main
from training.evaluation import references, songs
from training.evaluation.gates import shortfalls
from training.evaluation.models import load_weights
from training.evaluation.references import MIXTURE, ORACLE, reference_scores, score_song
from training.evaluation.scores import SetScores, left_out
from training.evaluation.songs import (
    EvaluationSet,
    MissingSongsError,
    open_clip,
    open_folder,
    open_frozen_set,
)
from training.export import export_weights
from training.metrics import ratio_mask_oracle, signal_to_distortion
from training.sources import SAMPLE_RATE, SOURCES

SAMPLES = SAMPLE_RATE * 5 // 4
SONG_ROWS = [
    "mixture",
    "best constant gain",
    "harmonic-percussive split",
    "centre extraction",
    "low-pass",
    "simple filters",
]


def noise(name, stems=4, samples=SAMPLES):
    return 0.05 * Chance(name).generator.standard_normal((stems, 2, samples)).astype(np.float32)


def write_weights(path, sources):
    config = {
        "sources": list(sources),
        "segment_seconds": 1,
        "fft_size": 1024,
        "hop": 256,
        "bands": [[4, 16], [2, 64]],
        "corrected_groups": 1,
        "width": 4,
        "dilations": [1],
        "heads": 1,
    }
    torch.manual_seed(0)
    export_weights(BandSplitNetwork(**config).state_dict(), config, path)
    return path


def write_songs(folder, stems, names, silent=()):
    for song in names:
        (folder / song).mkdir(parents=True)
        for stem, audio in zip(stems, noise(song, len(stems)), strict=True):
            kept = 0 if stem in silent else 1
            soundfile.write(folder / song / f"{stem}.wav", kept * audio.T, SAMPLE_RATE, subtype="FLOAT")
    return folder


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "set" / "900.npy"
    save_clip(noise("clip"), path)
    return open_clip(path)


@pytest.fixture
def separator(tmp_path):
    return load_weights(write_weights(tmp_path / "tiny.safetensors", SOURCES))


def test_the_last_line_is_the_result_of_every_row_as_json(tmp_path, capsys):
    weights = write_weights(tmp_path / "tiny.safetensors", SOURCES)
    folder = write_songs(tmp_path / "mine", SOURCES, ["a", "b"])
    details = tmp_path / "details.json"

    main(["--weights", str(weights), "--folder", str(folder), "--json", str(details)])

    *table, last = capsys.readouterr().out.splitlines()
    result = json.loads(last)
    assert list(result) == [*SONG_ROWS, "tiny", "ratio-mask oracle"]
    assert list(result["tiny"]["mine"]) == list(SOURCES)
    assert list(result["low-pass"]["mine"]) == ["bass"]
    assert result["ratio-mask oracle"]["mine"]["drums"] > result["best constant gain"]["mine"]["drums"] + 0.5
    assert any(line.startswith("| tiny") for line in table)
    assert json.loads(details.read_text())["mine"]["rows"]["tiny"]["times_real_time"] > 0


@pytest.mark.parametrize("kind", ["missing", "no safetensors", "of another network"])
def test_weights_that_cannot_be_used_are_told_in_one_line(tmp_path, capsys, kind):
    path = tmp_path / "trial.safetensors"
    if kind == "no safetensors":
        path.write_bytes(b"nonsense")
    elif kind == "of another network":
        save_file({"layer": torch.zeros(2)}, path)

    with pytest.raises(SystemExit) as ended:
        main(["--weights", str(path), "--folder", str(write_songs(tmp_path / "mine", SOURCES, ["a"]))])

    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith(f"{path} cannot be used: ")
    assert message.count("\n") == 1


def test_folders_of_one_name_are_told_apart(tmp_path, capsys):
    weights = write_weights(tmp_path / "tiny.safetensors", SOURCES)
    folders = [write_songs(tmp_path / place / "mine", SOURCES, ["a"]) for place in ("here", "there")]

    main(["--weights", str(weights), *(f"--folder={folder}" for folder in folders)])

    assert list(json.loads(capsys.readouterr().out.splitlines()[-1])["tiny"]) == ["mine", "mine (2)"]


def test_a_kit_is_taken_apart_by_its_own_names_and_what_is_left_is_percussion(tmp_path, capsys):
    weights = write_weights(tmp_path / "kit.safetensors", KIT_PARTS[:4])
    folder = write_songs(tmp_path / "kits", KIT_PARTS, ["a"])

    main(["--weights", str(weights), "--folder", str(folder)])

    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(result["kit"]["kits"]) == list(KIT_PARTS)
    assert list(result["band split"]["kits"]) == list(KIT_PARTS[:4])


def test_a_network_that_estimates_percussion_itself_is_judged_by_it(tmp_path, capsys):
    weights = write_weights(tmp_path / "kit.safetensors", KIT_PARTS)
    folder = write_songs(tmp_path / "kits", KIT_PARTS, ["a"])

    main(["--weights", str(weights), "--folder", str(folder)])

    assert list(json.loads(capsys.readouterr().out.splitlines()[-1])["kit"]["kits"]) == list(KIT_PARTS)


def test_a_model_of_other_stems_has_no_row(tmp_path, separator):
    kits = open_folder(write_songs(tmp_path / "kits", KIT_PARTS, ["a"]), [KIT_PARTS])

    assert separator.name not in evaluate_set(kits, [separator])


def test_silent_stems_are_left_out_and_counted(tmp_path, separator):
    folder = write_songs(tmp_path / "mine", SOURCES, ["a"], silent=["bass"])
    write_songs(folder, SOURCES, ["b"])

    rows = evaluate_set(open_folder(folder, [SOURCES]), [separator])

    assert {stem: len(ratios) for stem, ratios in rows["tiny"].ratios.items()} == {
        "drums": 2,
        "bass": 1,
        "other": 2,
        "vocals": 2,
    }
    assert left_out(SOURCES, 2, rows[MIXTURE]) == {"drums": 0, "bass": 1, "other": 0, "vocals": 0}


def test_the_ratio_is_that_of_the_whole_song_through_the_engine(clip, separator, tmp_path):
    scores = SetScores()
    separator.score(clip, scores)

    # With masks that are alike for all stems, as random ones nearly are, every stem is about a quarter.
    quarter = clip.read_mixture(0, SAMPLES) / 4
    expected = signal_to_distortion(clip.read(0, SAMPLES)[0], quarter)
    assert scores.sdr()["drums"] == pytest.approx(expected, abs=1)
    assert scores.audio_seconds == 1.25
    assert scores.times_real_time > 0


def test_a_clip_is_read_in_pieces(clip):
    stems = noise("clip")

    np.testing.assert_allclose(clip.read(5000, 100), stems[..., 5000:5100], atol=1e-4)
    assert not clip.read(SAMPLES - 10, 20)[..., 10:].any()
    assert clip.stems == SOURCES
    assert clip.samples == SAMPLES


def test_pieces_of_a_song_give_the_same_ratios_as_all_of_it(clip, monkeypatch):
    # The silence after the end is part of what filters see.
    whole = clip.read(0, SAMPLES + 32 * 1024)
    monkeypatch.setattr(references, "_BLOCK_SAMPLES", 40 * 1024)

    scored = score_song(clip)

    oracle, filters = ratio_mask_oracle(whole), song_estimates(whole.sum(axis=0))["simple filters"]
    for index, stem in enumerate(SOURCES):
        expected = signal_to_distortion(whole[index], oracle[index])
        assert scored[ORACLE][stem].sdr == pytest.approx(expected, abs=1e-3)
        expected = signal_to_distortion(whole[index], filters[stem])
        assert scored["simple filters"][stem].sdr == pytest.approx(expected, abs=1e-3)


def test_references_of_a_set_are_computed_once(clip, monkeypatch):
    frozen = EvaluationSet("set", SOURCES, (clip,), clip.path.parent)
    first = list(reference_scores(frozen))
    monkeypatch.setattr(references, "score_song", None)

    assert list(reference_scores(frozen)) == first


def test_references_are_computed_again_when_a_clip_has_changed(clip):
    frozen = EvaluationSet("set", SOURCES, (clip,), clip.path.parent)
    before = list(reference_scores(frozen))
    save_clip(noise("another") * np.float32([1, 2, 3, 4])[:, None, None], clip.path)

    assert list(reference_scores(frozen)) != before


def test_references_are_computed_again_when_the_code_has_changed(clip, monkeypatch):
    frozen = EvaluationSet("set", SOURCES, (clip,), clip.path.parent)
    list(reference_scores(frozen))
    monkeypatch.setattr(references, "_code_version", lambda: "newer")
    scored = []
    monkeypatch.setattr(references, "score_song", lambda song: scored.append(song.name) or {})

    list(reference_scores(frozen))

    assert scored == ["900"]


def test_a_set_that_is_not_rendered_says_which_command_does_it(monkeypatch, tmp_path):
    monkeypatch.setattr("training.data.song_sets.DATA_FOLDER", tmp_path)

    with pytest.raises(MissingSongsError, match=r"24 of 24 songs .* Run: python -m training\.data seen"):
        open_frozen_set("seen")
    with pytest.raises(MissingSongsError, match="there is no set nothing; the sets are training"):
        open_frozen_set("nothing")


def test_only_as_many_songs_as_wanted_need_to_be_rendered(monkeypatch, tmp_path):
    monkeypatch.setattr("training.data.song_sets.DATA_FOLDER", tmp_path)
    save_clip(noise("first"), tmp_path / "seen" / "900000.npy")

    assert [song.name for song in open_frozen_set("seen", limit=1).songs] == ["900000"]
    with pytest.raises(MissingSongsError, match="1 of 2"):
        open_frozen_set("seen", limit=2)


def test_what_is_missing_ends_the_command_with_2(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("training.data.song_sets.DATA_FOLDER", tmp_path)

    with pytest.raises(SystemExit) as stop:
        main(["--sets", "seen"])

    assert stop.value.code == 2
    assert songs.RENDER_COMMAND in capsys.readouterr().err


def results(**foundry):
    baseline = dict.fromkeys(SOURCES, 1.0)
    return {"best constant gain": baseline, "foundry_4s": {**dict.fromkeys(SOURCES, 9.0), **foundry}}


def test_the_gate_asks_for_the_mean_and_for_every_stem():
    assert shortfalls("foundry_4s", "seen", SOURCES, results()) == []
    assert shortfalls("foundry_4s", "seen", SOURCES, results(other=6.0)) == [
        "the mean over the stems is 8.25 dB, below 8.5 dB"
    ]
    assert shortfalls("foundry_4s", "seen", SOURCES, results(drums=20.0, other=4.5)) == [
        "other is 4.50 dB, below 5.0 dB"
    ]


def test_the_gate_asks_for_more_than_every_baseline_gives():
    better = {**results(), "low-pass": {"bass": 9.5}}

    assert shortfalls("foundry_4s", "seen", SOURCES, better) == [
        "bass is 9.00 dB, and low-pass gives 9.50 dB"
    ]


def test_the_gate_fails_the_command_only_when_asked_to(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("training.data.song_sets.DATA_FOLDER", tmp_path)
    save_clip(noise("first"), tmp_path / "seen" / "900000.npy")
    weights = write_weights(tmp_path / "foundry_4s.safetensors", SOURCES)
    command = ["--weights", str(weights), "--sets", "seen", "--limit", "1"]

    main(command)
    with pytest.raises(SystemExit) as stop:
        main([*command, "--gate"])

    assert stop.value.code == 1
    assert "- foundry_4s on seen: not passed" in capsys.readouterr().out
