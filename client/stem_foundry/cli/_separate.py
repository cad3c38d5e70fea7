"""``stems separate``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from contract.audio import DRUM_PARTS, AudioFormat, Extras, OutputOptions, Stem
from contract.errors import ErrorCode
from stem_foundry._arguments import invalid_arguments
from stem_foundry._client import Result, StemFoundry
from stem_foundry._errors import BadInput, JobEnded, StemFoundryClientError
from stem_foundry._source import open_source
from stem_foundry.cli._exit import ExitCode, exit_code, expected_errors, print_error
from stem_foundry.cli._output import print_json, print_result
from stem_foundry.cli._progress import display_for
from stem_foundry.cli._settings import settings_of
from stem_foundry.cli._text import folder_names

_STEMS = [stem for stem in Stem if stem not in DRUM_PARTS]


@dataclass(frozen=True, slots=True)
class Options:
    """What is wanted for every song."""

    stems: list[Stem] | None
    model: str | None
    output: OutputOptions
    extras: Extras
    delete_after: bool
    as_json: bool


@dataclass(slots=True)
class Outcomes:
    """What came of the songs so far."""

    as_json: bool
    code: ExitCode = ExitCode.DONE
    results: list[dict[str, Any]] = field(default_factory=list)

    def succeeded(self, file: Path, result: Result) -> None:
        """Show and keep a result."""
        if not self.as_json:
            print_result(file, result)
        self.results.append(
            {
                "file": str(file),
                "job_id": str(result.job.job_id),
                "state": str(result.job.state),
                "cached": result.job.cached,
                "stems": {str(stem): str(path) for stem, path in result.files.stems.items()},
                "report_file": str(result.files.report),
                "archive_file": str(result.files.archive) if result.files.archive else None,
                "report": result.report.model_dump(mode="json"),
                "deleted": result.receipt is not None,
                "error": None,
            }
        )

    def failed(self, file: Path, error: StemFoundryClientError, *, name_it: bool) -> None:
        """Show and keep a failure; the first one decides the exit code."""
        print_error(error, file.name if name_it else "")
        job = error.job if isinstance(error, JobEnded) else None
        self.code = self.code or exit_code(error)
        self.results.append(
            {
                "file": str(file),
                "job_id": str(job.job_id) if job else None,
                "state": str(job.state) if job else None,
                "error": {"code": error.code, "message": error.message},
            }
        )

    def leave(self) -> None:
        """Write the JSON object where it is wanted and end with the exit code."""
        if self.as_json:
            print_json({"results": self.results})
        if self.code:
            raise typer.Exit(self.code)


def separate(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Songs to separate.")],
    *,
    stems: Annotated[
        str | None,
        typer.Option(help=f"Comma-separated: {', '.join(_STEMS)}. Default: all of the model's."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="A name from `stems models list`.")] = None,
    audio_format: Annotated[
        AudioFormat, typer.Option("--format", help="Format of the stems.")
    ] = AudioFormat.WAV,
    bit_depth: Annotated[
        int | None, typer.Option(help="16, 24 or 32 (float) for wav; 16 or 24 for flac. Default 16.")
    ] = None,
    bitrate: Annotated[
        int | None, typer.Option(help="kb/s for mp3 and m4a: 128, 160, 192, 224, 256, 320. Default 320.")
    ] = None,
    original_sample_rate: Annotated[
        bool,
        typer.Option("--original-sample-rate", help="Deliver at the song's own sample rate, not 44.1 kHz."),
    ] = False,
    drum_parts: Annotated[
        bool, typer.Option("--drum-parts", help="Also split the drums into kick, snare, toms, cymbals, rest.")
    ] = False,
    analysis: Annotated[bool, typer.Option(help="Estimate tempo, beats and key for the report.")] = True,
    previews: Annotated[
        bool, typer.Option(help="Have small MP3s made for the player of the web page.")
    ] = True,
    archive: Annotated[bool, typer.Option("--archive", help="Also fetch all stems as stems.zip.")] = False,
    out: Annotated[
        Path, typer.Option(help="Folder for the stems; several songs get a folder each in it.")
    ] = Path("stems"),
    delete_after: Annotated[
        bool,
        typer.Option("--delete-after/--keep", help="Have the service delete song and stems when done."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object and nothing else.")] = False,
) -> None:
    """Turn songs into their stems.

    Uploads each song, waits until it is separated, and downloads the stems and report.json. Ctrl-C cancels
    the running job.
    """
    with expected_errors():
        options = Options(
            parse_stems(stems),
            model,
            output_options(audio_format, bit_depth, bitrate, original_sample_rate=original_sample_rate),
            Extras(drum_parts=drum_parts, analysis=analysis, previews=previews, archive=archive),
            delete_after,
            as_json,
        )
        outcomes = Outcomes(as_json)
        _check_all(files, outcomes)
        with settings_of(context).client() as service:
            _separate_all(service, files, out, options, outcomes)
        outcomes.leave()


def parse_stems(value: str | None) -> list[Stem] | None:
    """Stems of a comma-separated list.

    Raises:
        BadInput: ``unknown_stem`` naming those that exist.
    """
    if value is None:
        return None
    names = [name.strip().lower() for name in value.split(",") if name.strip()]
    unknown = [name for name in names if name not in _STEMS]
    if unknown or not names:
        wrong = ", ".join(unknown)[:80] or "an empty list"
        hint = " Parts of the drums come with --drum-parts." if set(unknown) & set(DRUM_PARTS) else ""
        raise BadInput(ErrorCode.UNKNOWN_STEM, f"There is no stem {wrong}. Stems: {', '.join(_STEMS)}.{hint}")
    return [Stem(name) for name in dict.fromkeys(names)]


def output_options(
    audio_format: AudioFormat, bit_depth: int | None, bitrate: int | None, *, original_sample_rate: bool
) -> OutputOptions:
    """The output options.

    Raises:
        BadInput: when they do not fit together.
    """
    try:
        return OutputOptions(
            format=audio_format,
            bit_depth=bit_depth,
            bitrate_kbps=bitrate,
            original_sample_rate=original_sample_rate,
        )
    except ValidationError as error:
        raise invalid_arguments(error) from error


def _check_all(files: list[Path], outcomes: Outcomes) -> None:
    """Look at every file before the first one is sent."""
    for file in files:
        try:
            open_source(file)
        except BadInput as error:
            outcomes.failed(file, error, name_it=False)
    if outcomes.code:
        outcomes.leave()


def _separate_all(
    service: StemFoundry, files: list[Path], out: Path, options: Options, outcomes: Outcomes
) -> None:
    """One song after the other; a bad one does not keep the others back, a lost service does."""
    several = len(files) > 1
    folders = [out / name for name in folder_names([file.stem for file in files])] if several else [out]
    for file, folder in zip(files, folders, strict=True):
        try:
            with display_for(file.name, silent=options.as_json) as display:
                result = service.separate(
                    file,
                    folder,
                    model=options.model,
                    stems=options.stems,
                    output=options.output,
                    extras=options.extras,
                    delete_after=options.delete_after,
                    on_update=display.show,
                )
        except StemFoundryClientError as error:
            outcomes.failed(file, error, name_it=several)
            if exit_code(error) is ExitCode.SERVICE_UNREACHABLE:
                return
        else:
            outcomes.succeeded(file, result)
