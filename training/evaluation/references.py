"""Rows that no model changes: the mixture, the best constant gain, the baselines and the oracle.

Those of a frozen set are kept beside its clips and computed again only when a clip or the code that makes
them has changed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from training import baselines, metrics
from training.baselines import kit_estimates, song_estimates
from training.data.kits.parts import KIT_PARTS
from training.data.signal import FloatArray
from training.evaluation import scores, songs
from training.evaluation.scores import Ratios, SongMeter, SongScores
from training.evaluation.songs import ClipSong, EvaluationSet, Song, blocks
from training.metrics import MASK_HOP, ratio_mask_oracle
from training.sources import SOURCES

MIXTURE: Final = "mixture"
CONSTANT_GAIN: Final = "best constant gain"
ORACLE: Final = "ratio-mask oracle"

CACHE_NAME: Final = "reference_scores.json"

_BLOCK_SAMPLES: Final = 1024 * MASK_HOP
# Whole hops, so that the frames of all blocks fall on the same samples; more than any filter here reaches.
_CONTEXT_SAMPLES: Final = 32 * MASK_HOP

_BASELINES: Final = {SOURCES: song_estimates, KIT_PARTS: kit_estimates}


def reference_scores(evaluation_set: EvaluationSet) -> Iterator[dict[str, SongScores]]:
    """Yield, song by song, the scores of every reference by its name, the oracle last."""
    cached = _Cache(evaluation_set.cache_folder)
    try:
        for song in evaluation_set.songs:
            yield cached.scores(song)
    finally:
        cached.save()


def score_song(song: Song) -> dict[str, SongScores]:
    """Compute the scores of every reference on one song, in pieces of half a minute."""
    meters: dict[str, SongMeter] = {}
    for block in blocks(song, _BLOCK_SAMPLES, _CONTEXT_SAMPLES):
        truth = block.stems[..., block.inner]
        for name, estimates in _estimates(song.stems, block.mixture, block.stems).items():
            inner = {stem: audio[:, block.inner] for stem, audio in estimates.items()}
            meters.setdefault(name, SongMeter(song.stems)).add(truth, inner)
    results = {MIXTURE: meters[MIXTURE].scores(), CONSTANT_GAIN: meters[MIXTURE].scores_at_best_gain()}
    return results | {name: meter.scores() for name, meter in meters.items() if name != MIXTURE}


def _estimates(
    stems: tuple[str, ...], mixture: FloatArray, truth: FloatArray
) -> dict[str, Mapping[str, FloatArray]]:
    baseline = _BASELINES.get(stems)
    # Masks need a whole window beyond either end of the block; at the ends of a song that is silence.
    oracle = ratio_mask_oracle(truth, mixture)
    return {
        MIXTURE: dict.fromkeys(stems, mixture),
        **(baseline(mixture) if baseline else {}),
        ORACLE: dict(zip(stems, oracle, strict=True)),
    }


class _Cache:
    """Scores in a file beside the clips, each under the state of its clip and of the code."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / CACHE_NAME if folder else None
        self._known = self._read()
        self._kept: dict[str, dict[str, SongScores]] = {}

    def scores(self, song: Song) -> dict[str, SongScores]:
        if self._path is None or not isinstance(song, ClipSong):
            return score_song(song)
        key = _state(song)
        self._kept[key] = self._known[key] if key in self._known else score_song(song)
        return self._kept[key]

    def save(self) -> None:
        if self._path is None or self._kept.keys() <= self._known.keys():
            return
        partial = self._path.with_suffix(".part")
        partial.write_text(json.dumps(self._known | self._kept))
        partial.replace(self._path)

    def _read(self) -> dict[str, dict[str, SongScores]]:
        if self._path is None or not self._path.is_file():
            return {}
        stored: dict[str, dict[str, dict[str, list[float]]]] = json.loads(self._path.read_text())
        return {
            key: {
                name: {stem: Ratios(*ratios) for stem, ratios in song.items()} for name, song in rows.items()
            }
            for key, rows in stored.items()
            if key.endswith(_code_version())
        }


def _state(song: ClipSong) -> str:
    """Identify a clip, as it was last written, and the code that judges it."""
    status = song.path.stat()
    return f"{song.name} {status.st_size} {status.st_mtime_ns} {_code_version()}"


@cache
def _code_version() -> str:
    """Return a digest of every module and library version that reference scores depend on."""
    digest = hashlib.sha256(np.__version__.encode())
    for module in (baselines, metrics, scores, songs):
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:16]
