"""The process that decodes one untrusted file: ``python -m sagemaker_container.separation.decoder_process``.

Standard input is the file, the only argument a `DecodingRequest` as JSON, standard output a
`DecodingOutcome` as JSON. The process bounds itself before it reads the first byte.
"""

import resource
import sys
from pathlib import Path

import av.logging

from contract.audio import CHANNELS, SAMPLE_RATE_HZ
from contract.errors import ErrorCode, StemFoundryError
from contract.limits import Limits
from sagemaker_container.separation.decoding.decoder import decode
from sagemaker_container.separation.decoding.outcome import (
    DecodingFailure,
    DecodingOutcome,
    DecodingRequest,
)

BYTES_PER_SAMPLE = 4
# The interpreter and its libraries take a quarter of this before the first byte is read.
ADDRESS_SPACE_BYTES = 1024**3
BASE_CPU_SECONDS = 30
# Decoding and resampling run at more than a hundred times real time on the slowest machine in use.
AUDIO_SECONDS_PER_CPU_SECOND = 20
OPEN_FILES = 64


def cpu_seconds(limits: Limits) -> int:
    """Processor time that decoding the longest accepted file may take."""
    return BASE_CPU_SECONDS + limits.max_duration_seconds // AUDIO_SECONDS_PER_CPU_SECOND


def main() -> None:
    """Decode standard input as the argument says."""
    request = DecodingRequest.model_validate_json(sys.argv[1])
    _limit_resources(request.limits)
    av.logging.set_level(av.logging.ERROR)
    sys.stdout.write(_decode(request).model_dump_json())


def _limit_resources(limits: Limits) -> None:
    spool_bytes = (limits.max_duration_seconds + 10) * SAMPLE_RATE_HZ * CHANNELS * BYTES_PER_SAMPLE
    bounds = (
        (resource.RLIMIT_AS, ADDRESS_SPACE_BYTES),
        (resource.RLIMIT_CPU, cpu_seconds(limits)),
        (resource.RLIMIT_FSIZE, spool_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    )
    for kind, bound in bounds:
        _, hard = resource.getrlimit(kind)
        allowed = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(kind, (allowed, allowed))


def _decode(request: DecodingRequest) -> DecodingOutcome:
    try:
        with Path(request.spool).open("wb") as spool:
            return DecodingOutcome(audio=decode(sys.stdin.buffer, spool, request.limits))
    except StemFoundryError as error:
        return DecodingOutcome(failure=DecodingFailure(code=error.code, message=error.message))
    except MemoryError:
        return DecodingOutcome(
            failure=DecodingFailure(
                code=ErrorCode.DECODING_LIMIT_EXCEEDED,
                message="Decoding the file takes more memory than is allowed. Export it again.",
            )
        )


if __name__ == "__main__":
    main()
