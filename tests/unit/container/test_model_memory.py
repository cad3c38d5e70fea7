"""Models stay loaded as long as their memory is not needed for those used later."""

import gc
import threading
import weakref

import pytest
import torch

from sagemaker_container.separation.backends import Runtime
from sagemaker_container.separation.models.store import ModelStore


def store_with(model_directory, memory_bytes):
    return ModelStore(model_directory, torch.device("cpu"), runtime=Runtime.TORCH, memory_bytes=memory_bytes)


@pytest.fixture
def size(model_directory, entries):
    """Bytes of one small model; the four with one network of the same shape are equally large."""
    return store_with(model_directory, 1 << 40).load(entries["small_htdemucs"]).size_bytes


@pytest.fixture
def twins(entries):
    """Three entries of equal size."""
    model = entries["small_htdemucs"]
    return [model.model_copy(update={"name": name}) for name in ("first", "second", "third")]


def test_within_the_bound_every_model_stays(model_directory, twins, size):
    store = store_with(model_directory, 3 * size)
    loaded = [store.load(model) for model in twins]
    assert all(store.load(model) is before for model, before in zip(twins, loaded, strict=True))


def test_the_one_not_used_for_longest_goes(model_directory, twins, size):
    first, second, third = twins
    store = store_with(model_directory, 2 * size)
    kept, gone = store.load(first), store.load(second)
    store.load(first)
    store.load(third)
    assert store.load(first) is kept
    assert store.load(second) is not gone


def test_a_model_larger_than_the_bound_is_used_and_stays_until_another_comes(model_directory, twins):
    first, second, _ = twins
    store = store_with(model_directory, 1)
    loaded = store.load(first)
    assert store.load(first) is loaded
    store.load(second)
    assert store.load(first) is not loaded


def test_the_memory_of_an_unloaded_model_is_free_when_its_last_job_is_done(model_directory, twins):
    first, second, _ = twins
    store = store_with(model_directory, 1)
    in_use = store.load(first)
    network = weakref.ref(in_use.members[0].backend.network)
    store.load(second)
    assert network() is not None
    del in_use
    gc.collect()
    assert network() is None


def test_several_threads_get_the_same_model(model_directory, entries):
    store = store_with(model_directory, 1 << 40)
    together = threading.Barrier(4)
    loaded = []

    def load():
        together.wait()
        loaded.append(store.load(entries["small_htdemucs"]))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 4
    assert all(one is loaded[0] for one in loaded)
