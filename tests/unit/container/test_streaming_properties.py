"""The streaming engine against Demucs' own loop, over lengths, networks, batches and silence.

The networks are arithmetic on the window and the position in it: a sample that is cut, padded, shifted or
weighted differently changes the result, and hundreds of songs take seconds.
"""

from dataclasses import dataclass
from fractions import Fraction

import pytest
import torch
from demucs.apply import BagOfModels, apply_model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from contract.audio import Stem
from contract.catalogue import Architecture, WeightsFile
from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.models.store import LoadedModel, Member
from sagemaker_container.separation.streaming.engine import StreamingEngine
from sagemaker_container.separation.streaming.statistics import mixture_statistics

from .small_models import SOURCES, STEMS, entry

CPU = torch.device("cpu")
RATE = 100


class PositionNetwork(nn.Module):
    """What it makes of a sample depends on the sample's place in the window and on its neighbours."""

    def __init__(self, segment_samples, seed, *, pads):
        super().__init__()
        self.samplerate, self.audio_channels, self.sources = RATE, 2, SOURCES
        self.segment = Fraction(segment_samples, RATE)
        self.segment_samples, self.seed, self.pads = segment_samples, seed, pads
        # Demucs asks a network's parameters where it is.
        self.unused = nn.Parameter(torch.zeros(1), requires_grad=False)

    def valid_length(self, length):
        return self.segment_samples if self.pads else length

    def forward(self, mix):
        place = torch.linspace(-1, 1, mix.shape[-1] + self.seed)[self.seed :]
        around = mix + 0.5 * mix.roll(1, -1) + 0.25 * mix.mean((1, 2), keepdim=True)
        return torch.stack([around * (number + place) + place * 0.1 for number in range(len(SOURCES))], 1)


class Backend:
    """Runs a network as the real backends do."""

    name, precision, device, sources, reference = "test", "fp32", CPU, len(SOURCES), None

    def __init__(self, network, batch_size):
        self.network, self.batch_size = network, batch_size
        self.windows = 0

    def __call__(self, windows):
        assert len(windows) <= self.batch_size
        self.windows += len(windows)
        with torch.inference_mode():
            return self.network(windows)


@dataclass
class Song:
    """A song in memory that is read like a spool."""

    mixture: torch.Tensor

    @property
    def samples(self):
        return self.mixture.shape[-1]

    def read(self, start, stop):
        assert 0 <= start < stop <= self.samples
        return self.mixture[:, start:stop].clone()


def model_of(networks, weights, batch_size):
    members = tuple(
        Member(Backend(network, batch_size), row, network.segment_samples, network.valid_length)
        for network, row in zip(networks, weights, strict=True)
    )
    files = [WeightsFile(name=f"{number}.th", sha256_prefix="0" * 8) for number in range(len(members))]
    description = entry("test", Architecture.DEMUCS, *files, member_weights=tuple(weights))
    return LoadedModel(description, CPU, members, size_bytes=1)


def song(samples, seed=1):
    return torch.randn((2, samples), generator=torch.Generator().manual_seed(seed)) * 0.1 + 0.02


def separate(loaded, mixture, stems=STEMS):
    engine = StreamingEngine(loaded)
    blocks = list(engine.separate(Song(mixture), stems, lambda _: None))
    joined = {stem: torch.cat([block.stems[stem] for block in blocks], 1) for stem in blocks[0].stems}
    assert torch.equal(torch.cat([block.mixture for block in blocks], 1), mixture)
    assert [block.start for block in blocks] == [
        sum(block.mixture.shape[1] for block in blocks[:number]) for number in range(len(blocks))
    ]
    return joined, engine


def reference(loaded, mixture):
    """[sources, channels, samples] by Demucs' own loop, normalised by the same numbers."""
    networks = [member.backend.network for member in loaded.members]
    bag = BagOfModels(networks, [list(member.weights) for member in loaded.members])
    known = mixture_statistics(Song(mixture))
    normalised = ((mixture - known.mean) / known.deviation)[None]
    model = networks[0] if len(networks) == 1 else bag
    estimates = apply_model(model, normalised, shifts=0, split=True, overlap=0.25)[0]
    return estimates * known.deviation + known.mean


stem_subsets = st.lists(st.sampled_from(STEMS), min_size=1, unique=True)
segment_lengths = st.integers(2, 60)
lengths = st.integers(2, 400)
batch_sizes = st.integers(1, 5)
weight_rows = st.tuples(*[st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0])] * len(STEMS))

quick = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@quick
@given(segment_lengths, lengths, batch_sizes, st.booleans(), st.integers(0, 3))
def test_one_network_gives_the_very_same_numbers(segment, samples, batch_size, pads, seed):
    loaded = model_of([PositionNetwork(segment, seed, pads=pads)], [(1.0,) * len(STEMS)], batch_size)
    mixture = song(samples)
    stems, _ = separate(loaded, mixture)
    expected = reference(loaded, mixture)
    tolerance = {"rtol": 0, "atol": 0} if batch_size == 1 else {"rtol": 1e-5, "atol": 1e-6}
    torch.testing.assert_close(torch.stack([stems[stem] for stem in STEMS]), expected, **tolerance)


@pytest.mark.parametrize("pads", [True, False])
@pytest.mark.parametrize("samples", [2, 29, 39, 40, 41, 60, 61, 69, 70, 71, 79, 80, 81, 120, 121, 157])
def test_lengths_around_the_boundaries_of_segments(samples, pads):
    loaded = model_of([PositionNetwork(40, 1, pads=pads)], [(1.0,) * len(STEMS)], 1)
    stems, _ = separate(loaded, song(samples))
    assert torch.equal(torch.stack([stems[stem] for stem in STEMS]), reference(loaded, song(samples)))


@quick
@given(
    st.lists(st.tuples(segment_lengths, weight_rows), min_size=2, max_size=4),
    lengths,
    batch_sizes,
    stem_subsets,
)
def test_a_bag_is_the_weighted_mean_whatever_its_members_segments(members, samples, batch_size, wanted):
    weights = [row for _, row in members]
    # Every stem has weight somewhere; a bag in which one has none gives no numbers in Demucs either.
    weights[0] = tuple(weight or 1.0 for weight in weights[0])
    networks = [PositionNetwork(length, seed, pads=True) for seed, (length, _) in enumerate(members)]
    loaded = model_of(networks, weights, batch_size)
    mixture = song(samples)
    stems, _ = separate(loaded, mixture, wanted)
    expected = dict(zip(STEMS, reference(loaded, mixture), strict=True))
    assert set(wanted) <= set(stems)
    for stem in wanted:
        torch.testing.assert_close(stems[stem], expected[stem], rtol=1e-5, atol=1e-6)


@quick
@given(
    st.lists(st.tuples(st.integers(1, 120), st.booleans()), min_size=1, max_size=6),
    batch_sizes,
    st.booleans(),
)
def test_silence_is_skipped_where_no_window_hears_anything(stretches, batch_size, pads):
    segment = 20
    parts = [song(length, seed) * sounds for seed, (length, sounds) in enumerate(stretches)]
    mixture = torch.cat([*parts, song(3, 99)], 1)
    loaded = model_of([PositionNetwork(segment, 1, pads=pads)], [(1.0,) * len(STEMS)], batch_size)
    stems, engine = separate(loaded, mixture)
    ours, expected = torch.stack([stems[stem] for stem in STEMS]), reference(loaded, mixture)

    samples = mixture.shape[1]
    heard, unheard = torch.zeros(samples, dtype=torch.bool), torch.zeros(samples, dtype=torch.bool)
    windows = 0
    for start in range(0, samples, 15):
        length = min(segment, samples - start)
        margin = (segment - length) // 2 if pads else 0
        stop = start - margin + (segment if pads else length)
        sounds = bool(mixture[:, max(0, start - margin) : stop].any())
        windows += sounds
        (heard if sounds else unheard)[start : start + length] = True
    torch.testing.assert_close(ours[..., ~unheard], expected[..., ~unheard], rtol=1e-5, atol=1e-6)
    assert not ours[..., ~heard].any()
    assert loaded.members[0].backend.windows == windows
    assert engine.skipped_seconds * 44_100 == pytest.approx(int((~heard).sum()))


def test_only_members_with_weight_in_a_wanted_stem_run():
    one_hot = [tuple(float(row == column) for column in range(4)) for row in range(4)]
    loaded = model_of([PositionNetwork(20, seed, pads=True) for seed in range(4)], one_hot, 1)
    every, _ = separate(loaded, song(100))
    alone, _ = separate(loaded, song(100), [Stem.BASS])
    runs = [member.backend.windows for member in loaded.members]
    assert list(alone) == [Stem.BASS]
    assert torch.equal(alone[Stem.BASS], every[Stem.BASS])
    assert runs == [7, 14, 7, 7]


class Broken(Backend):
    """Gives values that are not numbers for some sources."""

    def __init__(self, network, sources):
        super().__init__(network, 1)
        self.broken = sources

    def __call__(self, windows):
        estimates = super().__call__(windows).clone()
        estimates[:, self.broken] = float("nan")
        return estimates


def specialist_broken_for(source):
    one_hot = [tuple(float(row == column) for column in range(4)) for row in range(4)]
    loaded = model_of([PositionNetwork(20, seed, pads=True) for seed in range(4)], one_hot, 1)
    member = loaded.members[1]
    broken = Member(Broken(member.backend.network, [source]), member.weights, 20, member.window_length)
    return LoadedModel(loaded.model, CPU, (loaded.members[0], broken, *loaded.members[2:]), size_bytes=1)


def test_what_a_member_makes_of_stems_it_has_no_weight_in_does_not_matter():
    stems, _ = separate(specialist_broken_for(source=3), song(100), [Stem.BASS])
    assert torch.isfinite(stems[Stem.BASS]).all()


def test_what_it_makes_of_its_own_stem_does():
    with pytest.raises(StemFoundryError) as caught:
        separate(specialist_broken_for(source=1), song(100), [Stem.BASS])
    assert caught.value.code is ErrorCode.SEPARATION_FAILED


def test_blocks_belong_to_whoever_receives_them():
    loaded = model_of([PositionNetwork(20, 0, pads=True)], [(1.0,) * len(STEMS)], 2)
    expected, _ = separate(loaded, song(200))
    seen = []
    for block in StreamingEngine(loaded).separate(Song(song(200)), STEMS, lambda _: None):
        assert not torch.is_inference_mode_enabled()
        seen.append({stem: samples.clone() for stem, samples in block.stems.items()})
        for samples in (block.mixture, *block.stems.values()):
            samples.mul_(0).add_(7)
    for stem in STEMS:
        assert torch.equal(torch.cat([block[stem] for block in seen], 1), expected[stem])


@pytest.mark.parametrize(("value", "skipped"), [(0.0, 2 * RATE), (0.25, 0)])
def test_only_silence_counts_as_skipped_not_every_constant(value, skipped):
    loaded = model_of([PositionNetwork(20, 0, pads=True)], [(1.0,) * len(STEMS)], 1)
    _, engine = separate(loaded, torch.full((2, 2 * RATE), value))
    assert engine.skipped_seconds * 44_100 == pytest.approx(skipped)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_work_given_up_stops_at_the_next_segment(after):
    loaded = model_of([PositionNetwork(20, 0, pads=True)], [(1.0,) * len(STEMS)], 1)
    calls = 0

    def stop(share):
        nonlocal calls
        if share > 0:
            calls += 1
            if calls > after:
                raise InterruptedError

    with pytest.raises(InterruptedError):
        list(StreamingEngine(loaded).separate(Song(song(2000)), STEMS, stop))
    # The next batch is always under way already.
    assert loaded.members[0].backend.windows == after + 2


@pytest.mark.parametrize("batch_size", [1, 4])
def test_nothing_more_runs_once_the_blocks_are_closed(batch_size):
    loaded = model_of(
        [PositionNetwork(20, seed, pads=True) for seed in range(2)], [(1.0,) * 4] * 2, batch_size
    )
    blocks = StreamingEngine(loaded).separate(Song(song(2000)), STEMS, lambda _: None)
    next(blocks)
    blocks.close()
    runs = [member.backend.windows for member in loaded.members]
    assert max(runs) <= 3 * batch_size
    assert list(blocks) == []
    assert [member.backend.windows for member in loaded.members] == runs
