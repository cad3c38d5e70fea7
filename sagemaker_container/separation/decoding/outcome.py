"""What the decoding process tells its parent, as JSON on standard output."""

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from contract.errors import ErrorCode
from contract.limits import Limits
from contract.report import JobWarning

# The names FFmpeg uses for every container.
CARRIED_TAGS = ("title", "artist", "album", "album_artist", "date", "genre", "track")
MAX_COVER_BYTES = 4 * 1024 * 1024


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)


class DecodingRequest(_Message):
    """What to decode; the source itself is the child's standard input."""

    spool: str
    limits: Limits


class DecodedAudio(_Message):
    """A spool file of float32 samples, little endian, interleaved, two channels, 44.1 kHz."""

    container: str
    codec: str
    source_sample_rate_hz: int
    source_channels: int
    source_samples: int
    samples: int
    warnings: list[JobWarning]
    tags: dict[str, str]
    cover: Base64Bytes | None = Field(
        None, max_length=MAX_COVER_BYTES, description="JPEG or PNG, by its first bytes."
    )


class DecodingFailure(_Message):
    """Why the file cannot be decoded."""

    code: ErrorCode
    message: str


class DecodingOutcome(_Message):
    """Exactly one of both."""

    audio: DecodedAudio | None = None
    failure: DecodingFailure | None = None
