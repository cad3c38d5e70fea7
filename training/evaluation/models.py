"""Models, run exactly as the service runs them."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from contract.audio import Stem
from contract.catalogue import Architecture, Model, Purpose, WeightsFile, get_model
from contract.environment import default_model_directory
from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.models.bundled import UnknownModelError, network_arguments
from sagemaker_container.separation.models.store import LoadedModel, ModelStore
from sagemaker_container.separation.streaming.engine import StreamingEngine
from sagemaker_container.separation.streaming.segments import stride_of
from sagemaker_container.separation.streaming.spool import Spool
from training.data.signal import FloatArray
from training.evaluation.scores import SetScores, SongMeter
from training.evaluation.songs import Song
from training.sources import PERCUSSION, SAMPLE_RATE

_BLOCK_SAMPLES: Final = 1 << 20


class Separator:
    """A loaded model.

    Args:
        loaded: the model.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        self.name = loaded.model.name
        self._loaded = loaded

    @property
    def stems(self) -> tuple[str, ...]:
        """The model's own stems, as sets of songs call them."""
        return tuple(map(_true_name, self._loaded.stems))

    @property
    def parts(self) -> tuple[str, ...]:
        """The stems a gate judges: all of the model's own but what is merely left over."""
        return tuple(stem for stem in self.stems if stem != PERCUSSION)

    @property
    def segment_samples(self) -> int:
        """Length of what the network sees at a time."""
        return self._loaded.members[0].segment_samples

    @property
    def stride(self) -> int:
        """Samples between the starts of two segments."""
        return stride_of(self.segment_samples)

    def fits(self, stems: Sequence[str]) -> bool:
        """Whether songs of these stems can tell how good the model is."""
        return {*stems} - {PERCUSSION} == {*self.parts}

    def score(self, song: Song, scores: SetScores) -> None:
        """Separate a song and add its ratios, and the time that took, to those of its set."""
        meter = SongMeter(song.stems)
        with TemporaryDirectory(prefix="evaluating-") as folder:
            path = Path(folder) / "mixture.f32"
            write_spool(_mixture_blocks(song), path)
            with Spool(path) as spool:
                for start, estimates in self.separate(spool, scores):
                    samples = next(iter(estimates.values())).shape[-1]
                    meter.add(song.read(start, samples), estimates)
        scores.add(meter.scores())

    def separate(
        self, spool: Spool, scores: SetScores | None = None
    ) -> Iterator[tuple[int, dict[str, FloatArray]]]:
        """Yield the stems [2, samples] of consecutive stretches, each with its first sample.

        Args:
            spool: the song.
            scores: takes the time that the engine needs.
        """
        timed = scores or SetScores()
        timed.audio_seconds += spool.samples / SAMPLE_RATE
        engine = StreamingEngine(self._loaded)
        with closing(engine.separate(spool, self._loaded.stems, lambda _: None)) as stream:
            while True:
                started = time.monotonic()
                block = next(stream, None)
                timed.wall_seconds += time.monotonic() - started
                if block is None:
                    return
                stems = {_true_name(stem): audio.numpy() for stem, audio in block.stems.items()}
                if self._loaded.model.purpose is Purpose.DRUMS and PERCUSSION not in stems:
                    stems[PERCUSSION] = block.mixture.numpy() - np.sum(list(stems.values()), axis=0)
                yield block.start, stems


def load_model(name: str) -> Separator:
    """Load a model of the catalogue.

    Raises:
        StemFoundryError: there is none of that name, or its weights are missing or not the expected ones.
    """
    return Separator(_load(get_model(name), default_model_directory()))


def load_weights(path: Path) -> Separator:
    """Load a file of weights that need not be of the catalogue, under the name of the file.

    Raises:
        StemFoundryError: the file cannot be used.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            sources: list[str] = network_arguments(dict(file.metadata() or {}), path)["sources"]
    except (OSError, SafetensorError, UnknownModelError) as error:
        raise StemFoundryError(ErrorCode.MODEL_UNAVAILABLE, f"{path} cannot be used: {error}") from error
    stems = tuple(Stem.PERCUSSION_REST if source == PERCUSSION else Stem(source) for source in sources)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    # Not validated: what the catalogue asks of models that are served need not hold for one on trial.
    model = Model.model_construct(
        name=path.stem,
        purpose=Purpose.DRUMS if Stem.KICK in stems else Purpose.SONG,
        architecture=Architecture.MASK_NETWORK,
        stems=stems,
        sources=tuple(sources),
        weights=(WeightsFile(name=path.name, sha256=digest, sha256_prefix=None, url=None),),
        title=path.stem,
        licence="",
        provenance=str(path),
        commercial_use="",
        relative_cost=1.0,
    )
    return Separator(_load(model, path.parent))


def _load(model: Model, folder: Path) -> LoadedModel:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return ModelStore(folder, device).load(model)


def write_spool(blocks: Iterable[FloatArray], path: Path) -> None:
    """Write a song, given as consecutive blocks [2, samples], as the engine reads it."""
    with path.open("wb") as file:
        for block in blocks:
            file.write(np.ascontiguousarray(block.T, dtype="<f4").tobytes())


def _mixture_blocks(song: Song) -> Iterator[FloatArray]:
    for start in range(0, song.samples, _BLOCK_SAMPLES):
        yield song.read_mixture(start, min(_BLOCK_SAMPLES, song.samples - start))


def _true_name(stem: Stem) -> str:
    return PERCUSSION if stem is Stem.PERCUSSION_REST else str(stem)
