"""One song on this machine, without any service: ``python -m sagemaker_container.separation SONG FOLDER``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import ValidationError

from contract import catalogue
from contract.audio import AudioFormat, Extras, OutputOptions, Stem
from contract.environment import PRECISION_DESCRIPTION, PrecisionPolicy, default_model_directory
from contract.errors import StemFoundryError
from sagemaker_container.separation.backends import Runtime
from sagemaker_container.separation.models.store import ModelStore
from sagemaker_container.separation.pipeline import separate_file


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sagemaker_container.separation", description=__doc__)
    parser.add_argument("song", type=Path)
    parser.add_argument("folder", type=Path, help="receives one file per stem; made if it does not exist")
    parser.add_argument("--model", default=catalogue.DEFAULT_MODEL)
    parser.add_argument("--stems", help="comma-separated, such as vocals,drums")
    parser.add_argument("--format", choices=[str(value) for value in AudioFormat], default="wav")
    parser.add_argument("--bit-depth", type=int, choices=(16, 24, 32))
    parser.add_argument("--bitrate-kbps", type=int)
    parser.add_argument(
        "--original-sample-rate", action="store_true", help="deliver at the song's rate, not at 44.1 kHz"
    )
    parser.add_argument("--drum-parts", action="store_true", help="split the drums")
    parser.add_argument("--kit-model", help="splits them; default a registered one, else foundry_kit")
    parser.add_argument("--no-previews", action="store_true", help="no small MP3s with their index")
    parser.add_argument("--no-analysis", action="store_true", help="no tempo, key, loudness")
    parser.add_argument(
        "--precision", choices=[str(value) for value in PrecisionPolicy], help=PRECISION_DESCRIPTION
    )
    parser.add_argument("--runtime", choices=[str(value) for value in Runtime], default=str(Runtime.AUTO))
    parser.add_argument("--threads", type=int, help="of the CPU; default all cores")
    parser.add_argument("--model-directory", type=Path, default=default_model_directory())
    parser.add_argument("--json", action="store_true", help="print the report")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Separate; 0 when done, 1 when the song or the model is at fault, 2 when the call is."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        output = OutputOptions(
            format=options.format,
            bit_depth=options.bit_depth,
            bitrate_kbps=options.bitrate_kbps,
            original_sample_rate=options.original_sample_rate,
        )
        stems = [Stem(name) for name in options.stems.split(",")] if options.stems else None
    except (ValidationError, ValueError) as error:
        parser.error(str(error))
    if not options.song.is_file():
        parser.error(f"there is no file {options.song}")
    if options.threads:
        torch.set_num_threads(options.threads)
    options.folder.mkdir(parents=True, exist_ok=True)
    store = ModelStore(
        options.model_directory,
        torch.device("cuda" if torch.cuda.is_available() else "cpu"),
        precision=PrecisionPolicy(options.precision) if options.precision else None,
        runtime=Runtime(options.runtime),
    )
    try:
        report = separate_file(
            options.song,
            options.folder,
            model=options.model,
            store=store,
            stems=stems,
            output=output,
            extras=Extras(
                drum_parts=options.drum_parts,
                previews=not options.no_previews,
                analysis=not options.no_analysis,
            ),
            kit_model=options.kit_model or catalogue.preferred_kit_model(catalogue.catalogue().values()),
        )
    except StemFoundryError as error:
        sys.stderr.write(f"{error.message} ({error.code})\n")
        return 1
    if options.json:
        sys.stdout.write(report.model_dump_json() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
