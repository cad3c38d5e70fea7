"""Drum kits: strikes sound when and where they should, and the parts always add up to the drum stem."""

import shutil
from fractions import Fraction

import numpy as np
import pytest

from training.data.chance import Chance
from training.data.kits import KIT_PARTS, draw_kit, hydrogen, play_kit, soundfonts
from training.data.kits.bus import PEAK, Bus, draw_bus
from training.data.kits.dynamics import HOP, compressor_gain, envelope, gate_gain, transient_gain
from training.data.kits.hydrogen import UNSEEN_KITS, draw_hydrogen, pitches_named, read_drumkit
from training.data.kits.kit import TRAINING_SOUNDFONTS, UNSEEN_SOUNDFONTS
from training.data.kits.machines import VOICES, draw_machine
from training.data.kits.one_shots import Drum, OneShotSource, make_drum
from training.data.kits.parts import SUBSTITUTES, Hit, part_of
from training.data.kits.room import draw_room
from training.data.kits.samples import PACKS, read_one_shot
from training.data.kits.soundfonts import SoundfontSource, installed
from training.data.kits.treatment import draw_treatment
from training.data.theory import Note
from training.sources import SAMPLE_RATE

SECOND = SAMPLE_RATE
BEAT = [Note(0, 0.2, 36, 120), Note(1, 0.2, 38, 110), Note(1.5, 0.2, 46, 90), Note(2, 0.2, 42, 90)]


def computed_kit():
    """Return a kit that needs no package: the first drawn one whose sounds are all computed."""
    kits = (draw_kit(Chance("kit", seed), "training") for seed in range(100))
    return next(kit for kit in kits if kit.name == "machine")


def noise(seconds, seed=0):
    generator = np.random.default_rng(seed)
    return generator.standard_normal((2, int(seconds * SAMPLE_RATE))).astype(np.float32) * 0.1


def steady(seconds):
    """Return a strike that neither dies away nor moves."""
    return np.ones((2, int(seconds * SAMPLE_RATE)), dtype=np.float32)


def source_of(shots):
    """Return a source whose instruments are one recording each, exactly as given."""
    makers = {pitch: lambda _, shot=shot: Drum(((127, (shot,)),)) for pitch, shot in shots.items()}
    return OneShotSource(makers, Chance("levels"), level_spread_db=0.0)


def test_a_kit_plays_the_five_parts_below_full_scale():
    parts = play_kit(BEAT, 120, computed_kit(), 2 * SECOND, Chance("play"))

    assert tuple(parts) == KIT_PARTS
    assert all(audio.shape == (2, 2 * SECOND) and audio.dtype == np.float32 for audio in parts.values())
    assert np.abs(sum(parts.values())).max() == pytest.approx(PEAK, abs=0.01)


def test_a_part_that_is_not_struck_is_silent_and_the_others_are_not():
    parts = play_kit(BEAT, 120, computed_kit(), 2 * SECOND, Chance("play"))

    assert {part for part, audio in parts.items() if np.any(audio)} == {"kick", "snare", "cymbals"}


def test_the_same_seed_plays_the_same_sound():
    first, second = (play_kit(BEAT, 120, computed_kit(), SECOND, Chance("play")) for _ in range(2))

    assert all(np.array_equal(first[part], second[part]) for part in KIT_PARTS)


def test_kits_of_different_seeds_differ():
    names = {draw_kit(Chance("kit", seed), "training").name for seed in range(40)}

    assert {"machine", "samples", "layered"} < names


def test_silence_stays_silence():
    parts = play_kit([], 120, computed_kit(), SECOND, Chance("play"))

    assert not any(np.any(audio) for audio in parts.values())


def test_no_unseen_kit_is_trained_on():
    assert not set(TRAINING_SOUNDFONTS) & set(UNSEEN_SOUNDFONTS)
    assert not {folder.name for folder, _, _ in PACKS} & set(UNSEEN_KITS)


def test_an_instrument_is_only_replaced_by_one_of_its_part():
    assert all(part_of(pitch) == part_of(other) for pitch, others in SUBSTITUTES.items() for other in others)


@pytest.mark.parametrize("seed", range(6))
def test_the_bus_treats_the_sum_and_the_parts_alike(seed):
    bus = draw_bus(Chance("bus", seed))
    bus = Bus(bus.compressor, bus.parallel, bus.drive, bus.hold, 16, bus.cutoff)
    parts = {"kick": noise(1, 1), "snare": 0.3 * noise(1, 2), "cymbals": 0.1 * noise(1, 3)}

    apart = bus.apply(parts)
    together = bus.apply({"kick": sum(parts.values())})["kick"]

    assert np.abs(sum(apart.values()) - together).max() < 2e-4


def test_a_strike_starts_on_time():
    audio = source_of({36: steady(0.1)}).play({"kick": [Hit(0.5, 36, 127)]}, SECOND, Chance("x"))["kick"]

    assert np.flatnonzero(audio[0])[0] == SECOND // 2


def test_a_closed_hat_stops_an_open_one():
    source = source_of({46: steady(0.9), 42: 1e-3 * steady(0.01)})
    open_alone = [Hit(0.0, 46, 127)]
    choked = [*open_alone, Hit(0.3, 42, 127)]
    ringing, stopped = (
        source.play({"cymbals": hits}, SECOND, Chance("x"))["cymbals"] for hits in (open_alone, choked)
    )

    late = slice(int(0.35 * SECOND), int(0.8 * SECOND))
    assert np.abs(ringing[:, late]).min() > 0.1
    assert np.abs(stopped[:, late]).max() < 1e-6


def test_harder_strikes_are_louder_and_brighter():
    shot = noise(0.2)
    source = OneShotSource({38: lambda chance: make_drum([[shot]], chance)}, Chance("levels"))
    soft, hard = (
        source.play({"snare": [Hit(0.0, 38, velocity)]}, SECOND, Chance("x"))["snare"][0]
        for velocity in (30, 125)
    )

    assert np.sum(hard**2) > 10 * np.sum(soft**2)
    assert brightness(hard) > 1.1 * brightness(soft)


def brightness(audio):
    """Return the centre of gravity of the spectrum in Hz."""
    power = np.abs(np.fft.rfft(audio)) ** 2
    return np.sum(power * np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE)) / np.sum(power)


def test_computed_instruments_lie_where_such_instruments_lie():
    machine = draw_machine(Chance("machine"))
    centres = {
        pitch: brightness(machine.makers[pitch](Chance("drum")).variants(127)[0].mean(axis=0))
        for pitch in (36, 41, 50, 42, 49)
    }

    assert centres[36] < 400
    assert centres[41] < centres[50] < 2500
    assert centres[42] > 4000
    assert centres[49] > 2500


@pytest.mark.parametrize("pitch", sorted(VOICES))
def test_every_computed_instrument_sounds_without_offset_or_cut(pitch):
    shot = draw_machine(Chance("machine", 1)).makers[pitch](Chance("drum")).variants(127)[0]

    assert np.isfinite(shot).all()
    assert np.abs(shot).max() == pytest.approx(1.0, abs=1e-4)
    assert abs(shot.mean()) < 0.05
    assert np.abs(shot[:, -20:]).max() < 0.02


def test_a_room_has_unit_energy_and_a_gated_one_ends_with_its_gate():
    room = draw_room(Chance("room"), ("gated",))
    response = room.response("snare")

    assert np.sum(response**2) / 2 == pytest.approx(1.0, rel=1e-3)
    assert response.shape[-1] <= (room.pre_delay + room.decay) * SAMPLE_RATE + 1
    assert not np.array_equal(response, room.response("toms"))


def test_treatment_is_in_time_and_pans():
    part = draw_treatment(Chance("treatment", 3), "percussion", (0.2, 0.1), 1.0)
    audio = np.zeros((2, SECOND), dtype=np.float32)
    audio[:, SECOND // 2 : SECOND // 2 + 400] = noise(0.01)[:, :400]
    silent_room = np.zeros((2, 10), dtype=np.float32)
    treated = part.apply(audio, [0.5], (silent_room, silent_room))

    energy = np.sum(treated**2, axis=0)
    assert energy[SECOND // 2 - 50 : SECOND // 2 + 500].sum() > 0.98 * energy.sum()
    left, right = np.sum(treated**2, axis=-1)
    assert (left > right) == (part.pan < 0)


def test_a_gate_closes_after_the_strike_and_opens_on_the_next():
    gain = gate_gain([0.2, 0.7], SECOND // HOP, hold=0.05, release=0.05)
    frame = SAMPLE_RATE / HOP

    assert gain[int(0.22 * frame)] == pytest.approx(1.0)
    assert gain[int(0.65 * frame)] < 0.01
    assert gain[int(0.72 * frame)] == pytest.approx(1.0)


def test_a_compressor_turns_loud_passages_down_and_quiet_ones_not():
    audio = noise(1)
    audio[:, : SECOND // 2] *= 0.01
    gain = compressor_gain(envelope(audio), -20, 8, 0.005, 0.1)

    assert gain[: len(gain) // 2 - 40].min() > 0.95
    assert gain[-20:].max() < 0.5


def test_a_transient_shaper_lifts_the_attack_only():
    audio = noise(1)
    audio[:, : SECOND // 2] *= 1e-4
    gain = transient_gain(envelope(audio), 0.5)

    assert gain[len(gain) // 2 : len(gain) // 2 + 12].max() > 1.3
    assert gain[-20:].mean() == pytest.approx(1.0, abs=0.2)


DRUMKIT = """<drumkit_info xmlns="http://www.hydrogen-music.org/drumkit"><instrumentList>
<instrument><name>Snare Rock</name>
  <layer><filename>hard.wav</filename><min>0.5</min><max>1</max></layer>
  <layer><filename>soft.wav</filename><min>0</min><max>0.5</max></layer></instrument>
<instrument><name>Kick</name><filename>boom.wav</filename></instrument>
<instrument><name>Tom Mid</name><filename>emptySample.flac</filename></instrument>
<instrument><name>Whistle</name><filename>whistle.wav</filename></instrument>
</instrumentList></drumkit_info>"""


def test_a_hydrogen_kit_is_read_soft_layers_first_and_without_what_is_unclear():
    kit = read_drumkit(DRUMKIT)

    assert kit == {
        38: [(("soft.wav",), ("hard.wav",))],
        40: [(("soft.wav",), ("hard.wav",))],
        36: [(("boom.wav",),)],
        35: [(("boom.wav",),)],
    }


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Pearl Snare Rimshot", "snare"),
        ("Pearl Side Stick", "snare"),
        ("Tom Low (Tama 16)", "toms"),
        ("Pedal HH", "cymbals"),
        ("EE Hat Op Dirty", "cymbals"),
        ("Crash/Ride Bell (Paiste Rude)", "cymbals"),
        ("Tambourine Pedal", "percussion"),
        ("BassDrum", "kick"),
    ],
)
def test_instruments_are_sorted_into_parts_by_name(name, part):
    assert {part_of(pitch) for pitch in pitches_named(name)} == {part}


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(hydrogen, "HYDROGEN_FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match="hydrogen-data"):
        draw_hydrogen(Chance("x"), "GMRockKit")
    with pytest.raises(FileNotFoundError, match="sonic-pi-samples"):
        read_one_shot(tmp_path / "bd_808.flac", "sonic-pi-samples")
    monkeypatch.setattr("training.data.rendering.SOUNDFONT_FOLDERS", (tmp_path,))
    with pytest.raises(FileNotFoundError, match="install the Debian package avldrums"):
        installed("Red_Zeppelin_4_LV2.sf2")


@pytest.mark.parametrize("speed", [Fraction(1), Fraction(5, 4), Fraction(7, 8)])
def test_a_tuned_soundfont_stays_in_time(monkeypatch, tmp_path, speed):
    def clicks(stems, tempo, soundfont, samples):
        """Stand in for FluidSynth: one sample per note."""
        played = {}
        for stem, (part,) in stems.items():
            played[stem] = np.zeros((2, samples), dtype=np.float32)
            for note in part.notes:
                played[stem][:, round(note.start * 60 / tempo * SAMPLE_RATE)] = 1
        return played

    monkeypatch.setattr(soundfonts, "render", clicks)
    monkeypatch.setattr(soundfonts, "find_soundfont", lambda name: tmp_path / name)
    source = SoundfontSource("FluidR3_GM.sf2", 0, 0, {"kick": speed})
    audio = source.play({"kick": [Hit(0.25, 36, 100), Hit(0.8, 36, 100)]}, SECOND, Chance("x"))["kick"]

    assert audio.shape == (2, SECOND)
    peaks = np.sort(np.argsort(np.abs(audio[0]))[-2:])
    assert np.abs(peaks - np.array([0.25, 0.8]) * SAMPLE_RATE).max() <= 2


def drum_soundfont_is_installed():
    try:
        installed("FluidR3_GM.sf2")
    except FileNotFoundError:
        return False
    return shutil.which("fluidsynth") is not None


@pytest.mark.skipif(not drum_soundfont_is_installed(), reason="needs fluidsynth and fluid-soundfont-gm")
def test_a_named_soundfont_is_played_part_by_part():
    kit = draw_kit(Chance("kit"), "training", "FluidR3_GM.sf2")
    parts = play_kit(BEAT, 120, kit, 2 * SECOND, Chance("play"))

    assert {part for part, audio in parts.items() if np.any(audio)} == {"kick", "snare", "cymbals"}
