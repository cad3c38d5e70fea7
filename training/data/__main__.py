"""Render the songs of a data set: `python -m training.data training --clips 600 --processes 2`."""

import argparse
import multiprocessing
import time
from collections.abc import Sequence

from training.data.clips import render_clip, save_clip
from training.data.programs import ProgramError
from training.data.signal import FloatArray
from training.data.song_sets import SongSet, SongSets, load_song_sets
from training.data.wide_clips import render_kit_clip, render_wide_clip


def render_song(song_set: SongSet, seed: int) -> None:
    """Render one song to its file unless it is there already; a file is complete or has another name."""
    path = song_set.clip_path(seed)
    if not path.exists():
        partial = path.with_suffix(".part.npy")
        save_clip(_stems(song_set, seed), partial)
        partial.rename(path)


def _stems(song_set: SongSet, seed: int) -> FloatArray:
    if song_set.material == "plain":
        return render_clip(
            seed, song_set.seconds, song_set.grammars, song_set.soundfont(seed), song_set.voices
        )
    if song_set.material in ("wide", "modelled"):
        return render_wide_clip(
            seed,
            song_set.seconds,
            song_set.wide_pool,
            song_set.soundfont(seed),
            song_set.sources,
            modelled=song_set.material == "modelled",
        )
    return render_kit_clip(seed, song_set.seconds, song_set.wide_pool, song_set.sources)


def chosen_sets(sets: SongSets, what: str) -> tuple[SongSet, ...]:
    """Return the evaluation sets for "evaluation", otherwise the set of that name."""
    return sets.evaluation if what == "evaluation" else (sets.named(what),)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    sets = load_song_sets()
    parser = argparse.ArgumentParser(
        prog="python -m training.data", description="Render songs with true stems."
    )
    parser.add_argument("what", choices=("evaluation", *(one.name for one in sets.every)))
    parser.add_argument("--clips", type=int, default=600, help="songs of each set to render at most")
    parser.add_argument("--skip", type=int, default=0, help="songs at the start of each set to leave out")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    chosen = chosen_sets(sets, options.what)
    taken = slice(options.skip, options.skip + options.clips)
    jobs = [(song_set, seed) for song_set in chosen for seed in song_set.seeds[taken]]
    started = time.monotonic()
    try:
        with multiprocessing.Pool(options.processes) as pool:
            pool.starmap(render_song, jobs, chunksize=1)
    except (FileNotFoundError, ProgramError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    print(f"{len(jobs)} songs ready in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
