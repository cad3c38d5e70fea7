"""Reading a spool, what is known of it beforehand, and blocks that are cut anew."""

import os
import threading
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_container.separation.streaming import statistics
from sagemaker_container.separation.streaming.reblocking import reblock
from sagemaker_container.separation.streaming.spool import Spool
from sagemaker_container.separation.streaming.statistics import mixture_statistics


def written(path, mixture):
    path.write_bytes(mixture.T.contiguous().numpy().astype("<f4").tobytes())
    return path


def noise(samples, offset=0.0):
    return torch.randn((2, samples), generator=torch.Generator().manual_seed(1)) * 0.1 + offset


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (0, 1000), (999, 1000), (17, 18), (250, 750)])
def test_any_stretch_reads_as_it_was_written(tmp_path, start, stop):
    mixture = noise(1000)
    with Spool(written(tmp_path / "spool.f32", mixture)) as spool:
        assert spool.samples == 1000
        assert torch.equal(spool.read(start, stop), mixture[:, start:stop])
        assert torch.equal(torch.from_numpy(spool.read_interleaved(start, stop)), mixture[:, start:stop].T)


def test_threads_read_side_by_side(tmp_path):
    mixture = noise(50_000)
    with Spool(written(tmp_path / "spool.f32", mixture)) as spool:
        wrong = []

        def read(first):
            for start in range(first, 49_000, 613):
                if not torch.equal(spool.read(start, start + 600), mixture[:, start : start + 600]):
                    wrong.append(start)

        threads = [threading.Thread(target=read, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


def test_a_spool_that_was_cut_off_is_an_error_and_not_silence(tmp_path):
    path = written(tmp_path / "spool.f32", noise(1000))
    with Spool(path) as spool:
        os.truncate(path, 4000)
        with pytest.raises(OSError, match=r"spool\.f32 ends before sample 1000"):
            spool.read(0, 1000)


def test_closing_closes_the_file_once(tmp_path):
    spool = Spool(written(tmp_path / "spool.f32", noise(10)))
    open_files = Path("/proc/self/fd")
    before = len(list(open_files.iterdir()))
    spool.close()
    spool.close()
    assert len(list(open_files.iterdir())) == before - 1
    with pytest.raises(OSError, match="descriptor"):
        spool.read(0, 1)


@pytest.mark.parametrize("offset", [0.0, 0.5, -0.9])
@pytest.mark.parametrize("samples", [2, 99, 100, 101, 5000])
def test_statistics_are_those_of_the_whole_song(tmp_path, monkeypatch, samples, offset):
    monkeypatch.setattr(statistics, "_BLOCK_SAMPLES", 100)
    mixture = noise(samples, offset)
    with Spool(written(tmp_path / "spool.f32", mixture)) as spool:
        known = mixture_statistics(spool)
    reference = mixture.mean(0).double()
    assert known.mean == pytest.approx(float(reference.mean()), abs=1e-12)
    assert known.deviation == pytest.approx(float(reference.std()) + 1e-8, rel=1e-9)
    assert known.peak == float(mixture.abs().max())
    assert not known.is_constant


def test_a_quiet_song_far_from_zero_keeps_its_deviation(tmp_path):
    """Where sums of squares would lose every digit."""
    mixture = (noise(200_000) * 1e-5 + 0.9).float()
    with Spool(written(tmp_path / "spool.f32", mixture)) as spool:
        known = mixture_statistics(spool)
    assert known.deviation == pytest.approx(float(mixture.mean(0).double().std()) + 1e-8, rel=1e-9)


@pytest.mark.parametrize("changed", [None, 0, 150, 249])
def test_a_constant_is_constant_in_every_block(tmp_path, monkeypatch, changed):
    monkeypatch.setattr(statistics, "_BLOCK_SAMPLES", 100)
    mixture = torch.full((2, 250), 0.25)
    if changed is not None:
        mixture[1, changed] = 0.5
    with Spool(written(tmp_path / "spool.f32", mixture)) as spool:
        assert mixture_statistics(spool).is_constant is (changed is None)


def test_statistics_can_be_given_up(tmp_path):
    with Spool(written(tmp_path / "spool.f32", noise(10))) as spool, pytest.raises(InterruptedError):
        mixture_statistics(spool, checkpoint=interrupt)


def interrupt():
    raise InterruptedError


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=20), st.integers(1, 50))
def test_blocks_cut_anew_hold_the_same_samples(lengths, samples):
    stream = torch.arange(2.0 * sum(lengths)).reshape(2, -1)
    blocks = list(reblock(stream.split(lengths, dim=1), samples))
    assert torch.equal(torch.cat(blocks, 1), stream)
    assert all(block.shape[1] == samples for block in blocks[:-1])
    assert 1 <= blocks[-1].shape[1] <= samples
