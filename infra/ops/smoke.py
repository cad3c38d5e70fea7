"""One song through a deployed stack, and a look at what comes back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract.api import Job
from contract.audio import AudioFormat, OutputOptions
from contract.catalogue import effective_stems, get_model
from contract.report import Report
from stem_foundry import Result, StemFoundry, TransferProgress

DEMO_SONG = Path(__file__).resolve().parents[2] / "local" / "demo" / "song.mp3"
# Far below what any real separation leaves, far above rounding: the stems belong to this song.
WORST_RESIDUAL_DB = -3.0

OnUpdate = Callable[[TransferProgress | Job], None]


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """What came back, and what is wrong with it."""

    report: Report
    problems: tuple[str, ...]


def smoke(
    url: str,
    directory: Path,
    *,
    song: Path = DEMO_SONG,
    model: str | None = None,
    expect_gpu: bool = True,
    on_update: OnUpdate | None = None,
) -> SmokeResult:
    """Separate a song through the service at ``url``, check the stems, delete the job.

    Args:
        url: address of the service.
        directory: where stems and report go.
        song: default: the bundled demo song.
        model: default: the service's own.
        expect_gpu: whether a job that ran on a CPU is a problem.
        on_update: called with progress.

    Raises:
        StemFoundryClientError: when the song could not be separated.
    """
    with StemFoundry(url) as service:
        result = service.separate(
            song,
            directory,
            model=model,
            output=OutputOptions(format=AudioFormat.FLAC),
            delete_after=True,
            on_update=on_update,
        )
    return SmokeResult(result.report, tuple(_problems(result, model, expect_gpu=expect_gpu)))


def _problems(result: Result, model: str | None, *, expect_gpu: bool) -> list[str]:
    report = result.report
    problems: list[str] = []
    if model is not None and report.model.name != model:
        problems.append(f"asked for {model}, got {report.model.name}")
    expected = set(effective_stems(get_model(report.model.name), None))
    if missing := expected - result.files.stems.keys():
        problems.append(f"stems missing: {', '.join(sorted(missing))}")
    problems += [
        f"{stem} is empty" for stem, path in sorted(result.files.stems.items()) if path.stat().st_size == 0
    ]
    if all(stem.silent for stem in report.stems):
        problems.append("every stem is silent")
    if report.residual_db is not None and report.residual_db > WORST_RESIDUAL_DB:
        problems.append(f"the stems do not add up to the song: residual {report.residual_db:.1f} dB")
    if expect_gpu and not report.device.startswith("cuda"):
        problems.append(f"separated on {report.device}, not on a GPU")
    if result.receipt is None or not result.receipt.objects_removed:
        problems.append("the job's files were not deleted")
    return problems
