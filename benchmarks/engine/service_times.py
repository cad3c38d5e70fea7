"""Puts a measurement of the engine into the service times of the cost estimate and the scaling simulation.

    python -m benchmarks.engine.service_times RESULT.json [--hardware TEXT] [--factor NUMBER]

Only ``per_audio_second`` of ``[job]`` comes from the engine; transfers (``fixed_seconds``), start and price
stay as they are. A result of another machine than the service's is an estimate whatever the factor, and is
called so.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scaling_times import DEFAULT_PATH, ServiceTimes

# What the prices, starts and machine counts in the file are those of.
_SERVICE_DEVICE = "T4"


class ResultError(ValueError):
    """The file is no result of the engine's benchmarks; the message says what is missing."""


def per_audio_second(result: Mapping[str, Any]) -> float:
    """Seconds of work per second of audio, with the model loaded, of what the service would choose.

    Raises:
        ResultError: it is not there.
    """
    try:
        if "runs" in result:
            # On a GPU the service computes in half precision; its batch size is the fastest or next to it.
            seconds = min(row["seconds"]["total"] for row in result["runs"] if row["policy"] == "fast")
            return float(seconds + result["decoding_seconds"]) / float(result["song_seconds"])
        wall = result["subjects"]["full"]["median"]["wall_seconds"]
        return float(wall) / float(result["song_seconds"])
    except (KeyError, TypeError, ValueError) as error:
        raise ResultError(f"not a result of make bench or make bench-gpu: {error!r}") from error


def measured_on(result: Mapping[str, Any]) -> str:
    """The hardware of a result and its date."""
    described = result["environment"]
    device = result.get("device", "cpu")
    processor = f"{described['cores']} cores of {described['cpu']}"
    return f"{processor if device == 'cpu' else device}, {described['date']}"


def updated(text: str, result: Mapping[str, Any], hardware: str | None, factor: float) -> str:
    """The text of the file with new values; its comments stay.

    Args:
        text: of the file.
        result: of a benchmark.
        hardware: what the times shall stand for; the measured machine when None.
        factor: how much slower than the measured machine that is.

    Raises:
        ResultError: the result or the text lacks what is needed.
    """
    source = measured_on(result)
    is_measured = factor == 1 and _SERVICE_DEVICE in result.get("device", "")
    named = hardware or source
    if not is_measured:
        named += f"; engine time from {source}, times {factor:g}"
    values = {
        "hardware": json.dumps(named),
        "status": '"measured"' if is_measured else '"estimate"',
        "per_audio_second": f"{per_audio_second(result) * factor:.4g}",
    }
    for key, value in values.items():
        line = f"{key} = {value}".replace("\\", r"\\")
        text, count = re.subn(rf"(?m)^{key} = .*$", line, text)
        if count != 1:
            raise ResultError(f"the file has {count} lines that set {key}, expected one")
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite the file; 1 when the result cannot be used."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("result", type=Path)
    parser.add_argument("--hardware", help="what the times shall stand for; default the measured machine")
    parser.add_argument("--factor", type=float, default=1.0, help="how much slower that is")
    parser.add_argument("--file", type=Path, default=DEFAULT_PATH)
    options = parser.parse_args(arguments)
    if options.factor <= 0:
        parser.error("--factor must be positive")
    try:
        result = json.loads(options.result.read_text(encoding="utf-8"))
        text = updated(options.file.read_text(encoding="utf-8"), result, options.hardware, options.factor)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    options.file.write_text(text, encoding="utf-8")
    times = ServiceTimes.load(options.file)
    sys.stdout.write(
        f"{times.job.per_audio_second} s per second of audio: {times.hardware} ({times.status})\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
