"""Every bound of the service in one table."""

from pydantic import BaseModel, ConfigDict, Field

MEBIBYTE = 1024 * 1024

# Part size is fixed: at 8 MiB the largest upload needs 239 parts, far below S3's 10,000.
PART_SIZE_BYTES = 8 * MEBIBYTE
SINGLE_PUT_BELOW_BYTES = 16 * MEBIBYTE
MAX_PARTS_PER_SIGNING = 100

MAX_FILENAME_CHARACTERS = 255
MAX_METADATA_ENTRIES = 16
MAX_METADATA_CHARACTERS = 256
MAX_PAGE_SIZE = 100

MAX_JOB_ATTEMPTS = 3


class Limits(BaseModel):
    """Bounds an operator may set; the defaults are those of the public documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # uploads
    max_upload_bytes: int = Field(2_000_000_000, gt=0, description="Largest file accepted, bytes.")
    upload_link_seconds: int = Field(3600, ge=60, description="Life of an upload link.")
    upload_retention_hours: int = Field(24, ge=1, le=168)
    # decoded audio
    max_duration_seconds: int = Field(7200, gt=0, description="Longest decoded audio.")
    max_channels: int = Field(8, ge=1)
    min_sample_rate_hz: int = Field(8_000, ge=1)
    max_sample_rate_hz: int = Field(192_000, ge=1)
    # jobs
    default_retention_hours: int = Field(24, ge=1, le=168)
    max_retention_hours: int = Field(168, ge=1, le=168)
    download_link_seconds: int = Field(3600, ge=60)
    max_active_jobs_per_owner: int = Field(5, ge=1)
    max_backlog: int = Field(200, ge=1, description="Active jobs of all owners together.")
    max_audio_minutes_per_day: int = Field(600, ge=1, description="Processed audio per owner and day.")
    max_sessions_per_address_per_hour: int = Field(60, ge=1)
    session_hours: int = Field(24, ge=1, le=720)
    # the queue (SageMaker asynchronous inference accepts at most 3600 s and 21600 s)
    invocation_timeout_seconds: int = Field(3600, ge=1, le=3600)
    queue_timeout_seconds: int = Field(21_600, ge=60, le=21_600)
    lease_seconds: int = Field(60, ge=2, description="A worker silent for longer has lost its job.")
    dispatch_grace_seconds: int = Field(30, ge=0, description="A job not dispatched by then is sent again.")
    # what the user is told while waiting
    cold_start_seconds: int = Field(420, ge=0, description="Typical time from zero instances to a warm GPU.")
    typical_job_seconds: int = Field(30, ge=1)
