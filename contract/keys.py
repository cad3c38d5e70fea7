"""Where everything lies: S3 object keys, DynamoDB keys and the names of the table's indexes."""

from contract.audio import AudioFormat, Lane, Stem

UPLOADS_PREFIX = "uploads/"
JOBS_PREFIX = "jobs/"
INFERENCE_PREFIX = "inference/"
INFERENCE_FAILURES_PREFIX = "inference-failures/"

# DynamoDB: one table, generic key names, three sparse indexes.
PARTITION_KEY = "pk"
SORT_KEY = "sk"
TIME_TO_LIVE_ATTRIBUTE = "expires_at"
META = "META"

BY_OWNER_INDEX = "by_owner"
ACTIVE_INDEX = "active"
EXPIRING_INDEX = "expiring"
ACTIVE_PARTITION = "ACTIVE"
EXPIRING_PARTITION = "EXPIRING"
WORKERS_PARTITION = "WORKERS"
PREWARM_PARTITION = "PREWARM"

JOB_KEY_PREFIX = "JOB#"
UPLOAD_KEY_PREFIX = "UPLOAD#"
IDEMPOTENCY_KEY_PREFIX = "IDEMPOTENCY#"
CACHE_KEY_PREFIX = "CACHE#"
USAGE_KEY_PREFIX = "USAGE#"
SESSIONS_KEY_PREFIX = "SESSIONS#"

ItemKey = dict[str, str]


def upload_source(upload_id: str) -> str:
    """Object that holds the uploaded file."""
    return f"{UPLOADS_PREFIX}{upload_id}/source"


def job_prefix(job_id: str) -> str:
    """Prefix of everything a job owns."""
    return f"{JOBS_PREFIX}{job_id}/"


def job_request(job_id: str, attempt: int) -> str:
    """Request of one attempt; one object per attempt, or a late message would read its successor's."""
    return f"{job_prefix(job_id)}requests/{attempt}.json"


def job_stem(job_id: str, stem: Stem, audio_format: AudioFormat) -> str:
    """One separated stem."""
    return f"{job_prefix(job_id)}stems/{stem}.{audio_format}"


def job_report(job_id: str) -> str:
    """The job's report."""
    return f"{job_prefix(job_id)}report.json"


def job_preview(job_id: str, lane: Lane) -> str:
    """A small MP3 of a stem or of the mixture, for the player."""
    return f"{job_prefix(job_id)}preview/{lane}.mp3"


def job_preview_index(job_id: str) -> str:
    """What the player reads before it fetches parts of previews."""
    return f"{job_prefix(job_id)}preview/index.json"


def job_archive(job_id: str) -> str:
    """All stems in one ZIP file."""
    return f"{job_prefix(job_id)}stems.zip"


def _item(partition: str, sort: str = META) -> ItemKey:
    return {PARTITION_KEY: partition, SORT_KEY: sort}


def job_item(job_id: str) -> ItemKey:
    """Key of a job record."""
    return _item(JOB_KEY_PREFIX + job_id)


def upload_item(upload_id: str) -> ItemKey:
    """Key of an upload record."""
    return _item(UPLOAD_KEY_PREFIX + upload_id)


def idempotency_item(owner: str, key: str) -> ItemKey:
    """Key of the memory of an Idempotency-Key."""
    return _item(f"{IDEMPOTENCY_KEY_PREFIX}{owner}#{key}")


def cache_item(owner: str, cache_key: str) -> ItemKey:
    """Key of a cached result, private to its owner."""
    return _item(f"{CACHE_KEY_PREFIX}{owner}#{cache_key}")


def usage_item(owner: str, day: str) -> ItemKey:
    """Key of an owner's processed audio on one UTC day (``YYYY-MM-DD``)."""
    return _item(USAGE_KEY_PREFIX + owner, day)


def sessions_item(address: str, hour: str) -> ItemKey:
    """Key of the sessions issued to one address in one UTC hour (``YYYY-MM-DDTHH``)."""
    return _item(SESSIONS_KEY_PREFIX + address, hour)


def worker_item(worker_id: str) -> ItemKey:
    """Key of a worker's heartbeat; all share a partition so that one query finds the live ones."""
    return _item(WORKERS_PARTITION, worker_id)


def prewarm_item() -> ItemKey:
    """Key of the memory that an instance has been asked for before any job."""
    return _item(PREWARM_PARTITION)


def inference_id(job_id: str, attempt: int) -> str:
    """Identifier sent with an asynchronous invocation: ``{job_id}.{attempt}``."""
    return f"{job_id}.{attempt}"


# A job that never exists: its request is answered at once, but not before an instance is up.
PREWARM_JOB_ID = "prewarm"


def prewarm_inference_id(nonce: str) -> str:
    """Identifier of a request that only starts an instance; never that of a job.

    Args:
        nonce: makes it unique; holds something other than digits, as a UUID does.
    """
    return f"{PREWARM_JOB_ID}.{nonce}"


def parse_inference_id(value: str) -> tuple[str, int] | None:
    """Job id and attempt of an inference id, or None when it is not one of ours."""
    job_id, separator, attempt = value.rpartition(".")
    if not separator or not job_id or not (attempt.isascii() and attempt.isdigit()):
        return None
    return job_id, int(attempt)
