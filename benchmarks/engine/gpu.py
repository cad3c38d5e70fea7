"""How fast and how exact is the engine on a GPU?

fp32 and fp16, several batch sizes, and `demucs.api` on the same card, all in this process with the models
loaded; fp16 against fp32; and signals that make half precision overflow.

    python -m benchmarks.engine.gpu [--song FILE] [--seconds 240] [--repeats 3] [--batches 1,2,4,8]
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import environment
from benchmarks.engine import gpu_runs, places, subjects
from benchmarks.engine.process import CommandError
from benchmarks.engine.song import prepared_song
from benchmarks.engine.summary import comparison_details, finite
from contract.audio import SAMPLE_RATE_HZ
from contract.catalogue import catalogue as catalogue_models
from contract.catalogue import get_model
from contract.environment import PrecisionPolicy
from contract.errors import StemFoundryError

NO_GPU = 3
_SONG_SECONDS = 240.0
_LARGE, _TINY, _BUNDLED = "random", "random_tiny", "foundry_4s"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--song", type=Path, help="any accepted kind; a generated one by default")
    parser.add_argument("--seconds", type=float, help="of the song; 240 when it is generated")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batches", default="1,2,4,8", help="segments at a time")
    parser.add_argument("--device", default="cuda", help="cuda, or cpu to try the benchmark itself")
    parser.add_argument("--tiny", action="store_true", help="a tiny network, to try the benchmark itself")
    parser.add_argument("--name", default="engine_gpu", help="of the file in benchmarks/results")
    options = parser.parse_args(arguments)
    options.batches = [int(size) for size in options.batches.split(",")]
    if options.repeats < 1 or min(options.batches) < 1:
        parser.error("--repeats and --batches must be positive")
    if options.song is not None and not options.song.is_file():
        parser.error(f"there is no file {options.song}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table and save the result; 3 without a GPU, 1 when something is not finite."""
    options = _options(arguments)
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.stderr.write("There is no CUDA device here: run this on a machine with one (make bench-gpu).\n")
        return NO_GPU
    device = torch.device(options.device)
    places.DATA.mkdir(exist_ok=True)
    subjects.prepare()
    with tempfile.TemporaryDirectory(dir=places.DATA, prefix="gpu-") as scratch:
        folder = Path(scratch)
        try:
            song = prepared_song(options.song, options.seconds, _SONG_SECONDS, folder)
            result = measure(song, folder, device, options)
        except (CommandError, StemFoundryError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    environment.save(options.name, result)
    Console(width=120).print(_table(result))
    sys.stdout.write(json.dumps(result["headline"]) + "\n")
    return 0 if result["headline"]["nasty_inputs_finite"] else 1


def measure(song: Path, folder: Path, device: torch.device, options: argparse.Namespace) -> dict[str, Any]:
    """All measurements, as they go to the results file."""
    name = _TINY if options.tiny else _LARGE
    described = catalogue_models(places.CATALOGUE)[name]
    console = Console(stderr=True)
    with gpu_runs.decoded(song, folder) as (spool, decoding_seconds):
        loaded = {
            policy: gpu_runs.load(described, places.WEIGHTS, device, policy) for policy in PrecisionPolicy
        }
        rows = []
        for policy in PrecisionPolicy:
            for batch in options.batches:
                rows.append(
                    {"policy": str(policy)} | gpu_runs.timed(loaded[policy], spool, batch, options.repeats)
                )
                console.print(f"{rows[-1]}", highlight=False)
        reference_seconds, reference = gpu_runs.library(name, places.WEIGHTS, device, spool, options.repeats)
        parity = gpu_runs.difference(loaded[PrecisionPolicy.FULL], spool, reference)
        del reference
        half = gpu_runs.between(loaded[PrecisionPolicy.FAST], loaded[PrecisionPolicy.FULL], spool)
        bundled = {
            policy: gpu_runs.load(get_model(_BUNDLED), places.WEIGHTS, device, policy)
            for policy in PrecisionPolicy
        }
        bundled_half = gpu_runs.between(bundled[PrecisionPolicy.FAST], bundled[PrecisionPolicy.FULL], spool)
        seconds = spool.samples / SAMPLE_RATE_HZ
    processes = {
        str(policy): gpu_runs.as_process(subjects.ours(name, str(policy), "--runtime", "torch"), song, folder)
        for policy in PrecisionPolicy
    }
    nasty = {
        f"{kind}, {policy}": gpu_runs.all_finite(loaded[policy], signal, folder)
        for kind, signal in gpu_runs.nasty_inputs().items()
        for policy in PrecisionPolicy
    }
    fastest = {
        policy: min(row["seconds"]["total"] for row in rows if row["policy"] == str(policy))
        for policy in PrecisionPolicy
    }
    return {
        "question": (__doc__ or "").splitlines()[0],
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "cuda": torch.version.cuda,
        "song": options.song.name if options.song else "generated",
        "song_seconds": round(seconds, 3),
        "repeats": options.repeats,
        "network": name,
        "headline": {
            "fp32_speedup": round(reference_seconds / fastest[PrecisionPolicy.FULL], 3),
            "fp16_speedup": round(reference_seconds / fastest[PrecisionPolicy.FAST], 3),
            "fp32_max_abs": parity.max_abs,
            "fp16_sdr_db": finite(half.sdr_db),
            "bundled_fp16_sdr_db": finite(bundled_half.sdr_db),
            "nasty_inputs_finite": all(nasty.values()),
        },
        "decoding_seconds": round(decoding_seconds, 4),
        "demucs_api_seconds": round(reference_seconds, 4),
        "differences": {
            "fp32 from demucs.api": comparison_details(parity),
            "fp16 from fp32": comparison_details(half),
            f"fp16 from fp32, {_BUNDLED}": comparison_details(bundled_half),
        },
        "runs": rows,
        "processes": processes,
        "nasty_inputs": nasty,
    }


def _table(result: dict[str, Any]) -> Table:
    title = f"{result['song_seconds']:.0f} s of audio, {result['device']}, medians of {result['repeats']}"
    table = Table(title=title)
    table.add_column("")
    for column in (
        "batch",
        "statistics s",
        "separating s",
        "total s",
        "x real time",
        "x demucs.api",
        "GPU MB",
    ):
        table.add_column(column, justify="right")
    reference = result["demucs_api_seconds"]
    length = result["song_seconds"]
    table.add_row("demucs.api", "1", "", "", f"{reference:.2f}", f"{length / reference:.0f}", "1.00", "")
    for row in result["runs"]:
        seconds = row["seconds"]
        memory = row["gpu_memory_mb"]
        table.add_row(
            f"{row['policy']} ({row['backend']} {row['precision']})",
            str(row["batch"]),
            f"{seconds['statistics']:.2f}",
            f"{seconds['separating']:.2f}",
            f"{seconds['total']:.2f}",
            f"{length / seconds['total']:.0f}",
            f"{reference / seconds['total']:.2f}",
            "" if memory is None else f"{memory:.0f}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
