"""Describe what a model makes of a song without known stems: `python -m training.describe SONG --to DIR`."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import torch

from contract.catalogue import DEFAULT_MODEL
from sagemaker_container.separation.streaming.spool import Spool
from training.audio_tracks import open_track
from training.data.signal import FloatArray
from training.evaluation.figures import (
    BANDS,
    band_energies,
    border_figures,
    borders_of,
    correlations,
    levels_db,
    pumping,
)
from training.evaluation.models import Separator, load_model, load_weights, write_spool
from training.evaluation.pictures import loudest_power, spectrogram, stacked, write_png
from training.evaluation.tables import print_table
from training.sources import SAMPLE_RATE

_LEVELS_PER_ROW: Final = 16
_MIXTURE: Final = "mixture"
_DRUMS: Final = "drums"


def separate(mixture: FloatArray, separator: Separator) -> dict[str, FloatArray]:
    """Return a song [2, time] and its stems by name, each of the same shape."""
    blocks: dict[str, list[FloatArray]] = {}
    with TemporaryDirectory(prefix="describing-") as folder:
        path = Path(folder) / "mixture.f32"
        write_spool([mixture], path)
        with Spool(path) as spool:
            for _, stems in separator.separate(spool):
                for name, audio in stems.items():
                    blocks.setdefault(name, []).append(audio)
    return {_MIXTURE: mixture} | {name: np.concatenate(parts, axis=1) for name, parts in blocks.items()}


def print_bands(lanes: Mapping[str, FloatArray]) -> None:
    """Print where the energy of each lane lies."""
    print("\nShare of a lane's energy in each band; the last column is its share of the song's energy\n")
    energies = {name: band_energies(audio) for name, audio in lanes.items()}
    totals = {name: sum(bands.values()) for name, bands in energies.items()}
    rows = [
        [
            name,
            *(_percent(energy, total) for energy in energies[name].values()),
            _percent(total, totals[_MIXTURE]),
        ]
        for name, total in totals.items()
    ]
    print_table(["lane", *BANDS, "of the song"], rows)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / max(whole, 1e-12):.1f} %"


def print_levels(lanes: Mapping[str, FloatArray]) -> None:
    """Print the level of each second of each lane."""
    levels = {name: levels_db(audio) for name, audio in lanes.items()}
    seconds = len(levels[_MIXTURE])
    print("\nLevel of each second in dB of full scale")
    for start in range(0, seconds, _LEVELS_PER_ROW):
        stop = min(start + _LEVELS_PER_ROW, seconds)
        print()
        rows = [[name, *(f"{value:.0f}" for value in values[start:stop])] for name, values in levels.items()]
        print_table(["second", *map(str, range(start, stop))], rows)


def print_artefacts(lanes: Mapping[str, FloatArray], separator: Separator) -> None:
    """Print whether segments are heard in the stems, and whether their level follows the drums."""
    samples = lanes[_MIXTURE].shape[-1]
    borders = borders_of(samples, separator.segment_samples, separator.stride)
    print(
        f"\n{len(borders)} borders of segments of {separator.segment_samples / SAMPLE_RATE:.2f} s\n"
        "- corners: mean percentile, among all places, of the sharpest corner at a border; 50: like any\n"
        "- clicks: borders with a corner above the 99.9th percentile\n"
        "- steps: mean change of a lane's level, relative to the song's, from one half second to the next\n"
        "- pumping: correlation of quick changes of a lane's level with those of the drums, -1 to 1\n"
    )
    rows = []
    for name, audio in lanes.items():
        figures = border_figures(audio, lanes[_MIXTURE], borders)
        cells = ["", "", "", ""]
        if figures is not None:
            cells = [f"{figures.rank:.0f}", str(figures.clicks)]
            cells += [f"{figures.level_step_db:.2f} dB", f"{figures.level_step_elsewhere_db:.2f} dB"]
        moves = f"{pumping(audio, lanes[_DRUMS]):.2f}" if _DRUMS in lanes else ""
        rows.append([name, *cells, moves])
    print_table(["lane", "corners", "clicks", "steps at borders", "steps anywhere", "pumping"], rows)


def print_correlations(lanes: Mapping[str, FloatArray]) -> None:
    """Print how much of each lane is also in the others."""
    print("\nCorrelation of the waveforms\n")
    rows = [
        [name, *(f"{value:.2f}" for value in row)]
        for name, row in zip(lanes, correlations(lanes), strict=True)
    ]
    print_table(["", *lanes], rows)


def draw(lanes: Mapping[str, FloatArray], separator: Separator, folder: Path) -> None:
    """Write a spectrogram of each lane, and one picture with all of them below each other."""
    folder.mkdir(parents=True, exist_ok=True)
    mixture = lanes[_MIXTURE]
    borders = borders_of(mixture.shape[-1], separator.segment_samples, separator.stride)
    loudest = loudest_power(mixture)
    pictures = {name: spectrogram(audio, loudest, borders) for name, audio in lanes.items()}
    for name, picture in pictures.items():
        write_png(picture, folder / f"{name}.png")
    write_png(stacked(list(pictures.values())), folder / "all.png")
    print(f"\nSpectrograms, borders of segments marked: {folder}/all.png, from above {', '.join(pictures)}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.describe", description="Separate a song and describe its stems in figures."
    )
    parser.add_argument("song", type=Path, help="audio file; five minutes take 2.5 GB of memory")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name of the catalogue")
    parser.add_argument("--weights", type=Path, help="a file of weights instead")
    parser.add_argument("--to", type=Path, help="folder for spectrograms")
    parser.add_argument("--threads", type=int, default=2, help="of the processor")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    separator = load_weights(options.weights) if options.weights else load_model(options.model)
    track = open_track(options.song)
    lanes = separate(track.read(0, track.samples), separator)
    print(
        f"{options.song.name}: {lanes[_MIXTURE].shape[-1] / SAMPLE_RATE:.1f} s, separated by {separator.name}"
    )
    print_bands(lanes)
    print_levels(lanes)
    print_artefacts(lanes, separator)
    print_correlations(lanes)
    if options.to:
        draw(lanes, separator, options.to)


if __name__ == "__main__":
    main()
