"""Render the songs of a data set: `python -m training.data training --clips 600 --processes 2`."""

import argparse
import multiprocessing
import time
from collections.abc import Sequence

from training.data.clips import render_clip, save_clip
from training.data.song_sets import SongSet, load_song_sets


def render_song(song_set: SongSet, seed: int) -> None:
    """Render one song to its file unless it is there already."""
    path = song_set.clip_path(seed)
    if not path.exists():
        partial = path.with_suffix(".part.npy")
        save_clip(render_clip(seed, song_set.seconds, song_set.grammars, song_set.soundfont(seed)), partial)
        partial.rename(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    sets = load_song_sets()
    parser = argparse.ArgumentParser(
        prog="python -m training.data", description="Render songs with true stems."
    )
    parser.add_argument("what", choices=("training", "validation", "evaluation"))
    parser.add_argument("--clips", type=int, default=600, help="songs of the training set to render")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    chosen = {"training": (sets.training,), "validation": (sets.validation,), "evaluation": sets.evaluation}
    jobs = [(song_set, seed) for song_set in chosen[options.what] for seed in song_set.seeds[: options.clips]]
    started = time.monotonic()
    with multiprocessing.Pool(options.processes) as pool:
        pool.starmap(render_song, jobs, chunksize=1)
    print(f"{len(jobs)} songs ready in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
