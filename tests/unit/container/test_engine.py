"""Separation: equal to Demucs' own, whatever the length, and honest about what holds no information."""

import pytest
import torch
from demucs.api import Separator
from demucs.apply import BagOfModels

from contract.audio import Stem
from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.engine import DemucsEngine, segment_count, warm_up

from .small_models import STEMS

RATE = 44_100


def song(samples, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn((2, samples), generator=generator) * 0.1 + 0.01


def separate(store, entries, name, mixture, stems=STEMS, *, on_progress=lambda _: None):
    return DemucsEngine(store.load(entries[name])).separate(mixture, stems, on_progress)


def reference(store, entries, name, mixture):
    """What `demucs.api.Separator` makes of it with the same networks."""
    loaded = store.load(entries[name])
    networks = [member.network for member in loaded.members]
    separator = Separator.__new__(Separator)
    bag = BagOfModels(networks, [list(member.weights) for member in loaded.members])
    separator._model = networks[0] if len(networks) == 1 else bag
    separator._audio_channels, separator._samplerate = 2, RATE
    separator.update_parameter(
        device="cpu", shifts=0, overlap=0.25, split=True, segment=None, jobs=0, progress=False,
        callback=None, callback_arg=None,
    )  # fmt: skip
    return separator.separate_tensor(mixture, RATE)[1]


@pytest.mark.parametrize(
    ("name", "samples"),
    [
        ("small_htdemucs", 2),
        ("small_htdemucs", 777),
        ("small_htdemucs", RATE - 1),
        ("small_htdemucs", 2 * RATE + 12_345),
        ("small_specialists", RATE + 1),
        ("small_average", RATE + 1),
    ],
)
def test_equal_to_demucs(store, entries, name, samples):
    mixture = song(samples)
    ours = separate(store, entries, name, mixture)
    for stem, expected in reference(store, entries, name, mixture).items():
        assert (ours[Stem(stem)] - expected).abs().max() <= 1e-5


@pytest.mark.parametrize("samples", [2, 777, 3 * RATE + 12_345])
def test_stems_of_a_mask_network_add_up_even_with_an_offset(store, entries, samples):
    mixture = song(samples) + 0.2
    stems = separate(store, entries, "small", mixture)
    assert (sum(stems.values()) - mixture).abs().max() <= 1e-5


def test_the_result_is_the_same_every_time(store, entries):
    mixture = song(2 * RATE)
    first, second = (separate(store, entries, "small_htdemucs", mixture) for _ in range(2))
    assert all(torch.equal(first[stem], second[stem]) for stem in STEMS)


def test_only_the_specialists_that_are_needed_run(store, entries):
    mixture = song(RATE)
    every = separate(store, entries, "small_specialists", mixture)
    alone = separate(store, entries, "small_specialists", mixture, [Stem.BASS])
    assert list(alone) == [Stem.BASS]
    assert torch.equal(alone[Stem.BASS], every[Stem.BASS])


@pytest.mark.parametrize("samples", [1, 5, 3 * RATE])
@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_constant_is_shared_equally(store, entries, samples, value):
    mixture = torch.full((2, samples), value)
    stems = separate(store, entries, "small_htdemucs", mixture)
    assert all(stem.shape == mixture.shape for stem in stems.values())
    assert torch.allclose(sum(stems.values()), mixture)
    assert all(torch.equal(stem, mixture / 4) for stem in stems.values())


def test_opposite_channels_give_finite_stems(store, entries):
    left = song(RATE)[0]
    stems = separate(store, entries, "small", torch.stack([left, -left]))
    assert all(torch.isfinite(stem).all() for stem in stems.values())
    assert torch.allclose(sum(stems.values()), torch.stack([left, -left]), atol=1e-4)


def test_progress_rises_to_one(store, entries):
    shares = []
    separate(store, entries, "small_average", song(2 * RATE), on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert len(set(shares)) == 2 * segment_count(RATE, 2 * RATE) + 1


def test_an_exception_from_progress_ends_the_work(store, entries):
    calls = []

    def stop(share):
        calls.append(share)
        if share > 0:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        separate(store, entries, "small_htdemucs", song(20 * RATE), on_progress=stop)
    assert len(calls) == 2


def test_values_that_are_not_numbers_fail_the_separation(store, entries, monkeypatch):
    loaded = store.load(entries["small_htdemucs"])
    monkeypatch.setattr(type(loaded.members[0].network), "forward", lambda _, mix: mix[:, None].log())
    with pytest.raises(StemFoundryError) as caught:
        DemucsEngine(loaded).separate(song(RATE), STEMS, lambda _: None)
    assert caught.value.code is ErrorCode.SEPARATION_FAILED


def test_warming_up_runs_every_member(store, entries, monkeypatch):
    loaded = store.load(entries["small_average"])
    runs = []
    forward = type(loaded.members[0].network).forward
    monkeypatch.setattr(
        type(loaded.members[0].network), "forward", lambda self, mix: runs.append(self) or forward(self, mix)
    )
    warm_up(loaded)
    assert {id(network) for network in runs} == {id(member.network) for member in loaded.members}
