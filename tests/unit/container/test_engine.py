"""Separation: equal to Demucs' own, whatever the length, and honest about what holds no information."""

import threading
from dataclasses import replace

import pytest
import torch
from demucs.api import Separator
from demucs.apply import BagOfModels

from contract.audio import Stem
from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.streaming.engine import StreamingEngine, warm_up
from sagemaker_container.separation.streaming.segments import segments
from sagemaker_container.separation.streaming.spool import Spool

from .small_models import STEMS

RATE = 44_100


def song(samples, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn((2, samples), generator=generator) * 0.1 + 0.01


@pytest.fixture
def spool(tmp_path):
    """Makes a spool of a mixture."""
    opened = []

    def make(mixture):
        path = tmp_path / f"{len(opened)}.f32"
        path.write_bytes(mixture.T.contiguous().numpy().tobytes())
        opened.append(Spool(path))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def separate(spool, store, entries):
    """Separates and joins the blocks."""

    def run(name, mixture, stems=STEMS, *, on_progress=lambda _: None):
        engine = StreamingEngine(store.load(entries[name]))
        blocks = list(engine.separate(spool(mixture), stems, on_progress))
        starts = [block.start for block in blocks]
        lengths = [block.mixture.shape[-1] for block in blocks]
        assert starts == [sum(lengths[:number]) for number in range(len(blocks))]
        assert torch.equal(torch.cat([block.mixture for block in blocks], 1), mixture)
        run.skipped_seconds = engine.skipped_seconds
        return {stem: torch.cat([block.stems[stem] for block in blocks], 1) for stem in blocks[0].stems}

    return run


def reference(store, entries, name, mixture):
    """What `demucs.api.Separator` makes of it with the same networks."""
    loaded = store.load(entries[name])
    networks = [member.backend.network for member in loaded.members]
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
        ("small_htdemucs", RATE),
        ("small_htdemucs", RATE + 1),
        ("small_htdemucs", 2 * RATE + 12_345),
        ("small_specialists", RATE + 1),
        ("small_average", RATE + 1),
        ("small_hdemucs", 5_000),
        ("small_hdemucs", RATE),
        ("small_hdemucs", 2 * RATE + 12_345),
    ],
)
def test_equal_to_demucs(store, entries, separate, name, samples):
    mixture = song(samples)
    ours = separate(name, mixture)
    for stem, expected in reference(store, entries, name, mixture).items():
        assert (ours[Stem(stem)] - expected).abs().max() <= 1e-5


@pytest.mark.parametrize("samples", [2, 777, 3 * RATE + 12_345])
def test_stems_of_a_mask_network_add_up_even_with_an_offset(separate, samples):
    mixture = song(samples) + 0.2
    stems = separate("small", mixture)
    assert (sum(stems.values()) - mixture).abs().max() <= 1e-5


def test_the_result_is_the_same_every_time(separate):
    mixture = song(2 * RATE)
    first, second = (separate("small_htdemucs", mixture) for _ in range(2))
    assert all(torch.equal(first[stem], second[stem]) for stem in STEMS)


def test_only_the_specialists_that_are_needed_run(separate):
    mixture = song(RATE)
    every = separate("small_specialists", mixture)
    alone = separate("small_specialists", mixture, [Stem.BASS])
    assert list(alone) == [Stem.BASS]
    assert torch.equal(alone[Stem.BASS], every[Stem.BASS])


@pytest.mark.parametrize("samples", [1, 5, 3 * RATE])
@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_constant_is_shared_equally(separate, samples, value):
    mixture = torch.full((2, samples), value)
    stems = separate("small_htdemucs", mixture)
    assert all(stem.shape == mixture.shape for stem in stems.values())
    assert torch.allclose(sum(stems.values()), mixture)
    assert all(torch.equal(stem, mixture / 4) for stem in stems.values())


def test_opposite_channels_give_finite_stems(separate):
    left = song(RATE)[0]
    stems = separate("small", torch.stack([left, -left]))
    assert all(torch.isfinite(stem).all() for stem in stems.values())
    assert torch.allclose(sum(stems.values()), torch.stack([left, -left]), atol=1e-4)


def test_progress_rises_to_one(separate):
    shares = []
    separate("small_average", song(2 * RATE), on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert len(set(shares)) == 2 * len(list(segments(2 * RATE, RATE, lambda length: length))) + 1


def test_an_exception_from_progress_ends_the_work(separate):
    calls = []

    def stop(share):
        calls.append(share)
        if share > 0:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        separate("small_htdemucs", song(20 * RATE), on_progress=stop)
    assert len([share for share in calls if share > 0]) == 1


class Faulty:
    """A backend that goes wrong where it is told to."""

    def __init__(self, backend, wrong, reference=None):
        self._backend, self._wrong, self.reference = backend, wrong, reference
        self.device, self.sources, self.batch_size = backend.device, backend.sources, 2
        self.calls = 0

    def __call__(self, windows):
        estimates = self._backend(windows).clone()
        for row in range(len(windows)):
            if self.calls + row == self._wrong:
                estimates[row, 0, 0, 5] = float("inf")
        self.calls += len(windows)
        return estimates


def with_backend(store, entries, make):
    loaded = store.load(entries["small_htdemucs"])
    (member,) = loaded.members
    return replace(loaded, members=(replace(member, backend=make(member.backend)),))


def joined(loaded, spool, mixture):
    blocks = list(StreamingEngine(loaded).separate(spool(mixture), STEMS, lambda _: None))
    return torch.cat([torch.stack([block.stems[stem] for stem in STEMS]) for block in blocks], -1)


def test_values_that_are_not_numbers_fail_the_separation(store, entries, spool):
    loaded = with_backend(store, entries, lambda backend: Faulty(backend, wrong=1))
    with pytest.raises(StemFoundryError) as caught:
        joined(loaded, spool, song(3 * RATE))
    assert caught.value.code is ErrorCode.SEPARATION_FAILED


@pytest.mark.parametrize("wrong", range(4))
def test_a_segment_that_overflows_is_computed_again_in_full_precision(store, entries, spool, wrong):
    mixture = song(3 * RATE)
    plain = joined(store.load(entries["small_htdemucs"]), spool, mixture)
    loaded = with_backend(store, entries, lambda backend: Faulty(backend, wrong, reference=backend))
    assert (joined(loaded, spool, mixture) - plain).abs().max() <= 1e-5


@pytest.mark.parametrize("batch_size", [1, 2, 3, 8])
def test_batches_change_nothing(store, entries, spool, batch_size):
    def batched(backend):
        faulty = Faulty(backend, wrong=-1)
        faulty.batch_size = batch_size
        return faulty

    mixture = song(4 * RATE + 99)
    plain = joined(store.load(entries["small_htdemucs"]), spool, mixture)
    assert (joined(with_backend(store, entries, batched), spool, mixture) - plain).abs().max() <= 1e-5


def test_digital_silence_is_skipped_and_stays_silent(separate):
    mixture = song(8 * RATE)
    mixture[:, 2 * RATE : 6 * RATE] = 0
    stems = separate("small_specialists", mixture)
    for samples in stems.values():
        assert not samples[:, 3 * RATE : 5 * RATE].any()
        assert samples[:, : 2 * RATE].any()
        assert samples[:, 6 * RATE :].any()
    assert 2 <= separate.skipped_seconds <= 4


def test_silence_at_the_end_does_not_change_what_comes_before(separate):
    mixture = song(6 * RATE)
    mixture[:, 3 * RATE :] = 0
    stems = separate("small_htdemucs", mixture)
    assert not stems[Stem.DRUMS][:, 4 * RATE :].any()


def test_giving_up_leaves_no_file_open_and_no_thread(store, entries, spool):
    threads = threading.active_count()
    blocks = StreamingEngine(store.load(entries["small_specialists"])).separate(
        spool(song(5 * RATE)), STEMS, lambda _: None
    )
    next(blocks)
    blocks.close()
    assert threading.active_count() == threads


def test_warming_up_runs_every_member(store, entries):
    loaded = store.load(entries["small_average"])
    backends = [Faulty(member.backend, wrong=-1) for member in loaded.members]
    members = tuple(replace(m, backend=b) for m, b in zip(loaded.members, backends, strict=True))
    warm_up(replace(loaded, members=members))
    assert [backend.calls for backend in backends] == [2, 2], "a batch each"
