"""What a month costs, estimated from the settings and the number of songs.

GPU time follows the idle rule: songs arrive at random over the active hours; a machine that has started stays
until there was no work for the idle time. The rest is counted per song, or stands every month.
"""

import math
from dataclasses import dataclass
from typing import Literal

from benchmarks.scaling_times import ServiceTimes
from contract.catalogue import get_model
from contract.functions import FUNCTIONS
from contract.metrics import Metric
from infra.ops.prices import Prices
from infra.settings import Settings

HOURS_PER_MONTH = 730.0
Format = Literal["wav", "flac", "mp3", "m4a"]

# Megabytes per stem and minute of 44.1 kHz stereo: 16 bit, the same losslessly packed, 320 kb/s.
_STEM_MB_PER_MINUTE: dict[Format, float] = {"wav": 10.6, "flac": 6.4, "mp3": 2.4, "m4a": 2.4}
_UPLOAD_MB_PER_MINUTE = 2.4
# Machines that work three quarters of their time still keep queues short.
_SUSTAINED_LOAD = 0.75
# From the last song's end to the idle alarm, beyond the idle minutes: metrics are late, minutes whole.
_IDLE_LAG_SECONDS = 180.0
# One song's traces: session, upload, job, polls every 2 to 15 s, downloads.
_REQUESTS_PER_SONG = 30
_TABLE_WRITES_PER_SONG = 60
_TABLE_READS_PER_SONG = 60
_OBJECT_WRITES_PER_SONG = 12
_OBJECT_READS_PER_SONG = 10
_MESSAGES_PER_SONG = 4
_LOG_KB_PER_SONG = 60
_LOG_KB_PER_WORKER_HOUR = 400
_FUNCTION_GB_SECONDS = 0.5 * 0.15
_WAF_RULES = 5
_ALARMS = 12
_SECRETS = 2
_IMAGE_GB = 5.0
_BUILD_MINUTES = 15
_MINUTES_PER_MONTH = HOURS_PER_MONTH * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is used in a month.

    ``active_hours``: hours of the month in which songs arrive (730: around the clock).
    """

    songs: int
    minutes_per_song: float = 3.5
    stems: int = 4
    format: Format = "wav"
    retention_hours: int = 24
    active_hours: float = HOURS_PER_MONTH
    image_builds: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill."""

    name: str
    usd: float
    how: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A month's bill, and what it rests on."""

    lines: tuple[Line, ...]
    gpu_hours: float
    cold_starts: float
    busy_seconds_per_song: float
    warnings: tuple[str, ...]

    @property
    def total(self) -> float:
        """US dollars a month."""
        return sum(line.usd for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Gpu:
    hours: float
    starts: float
    busy_seconds: float


def estimate(settings: Settings, usage: Usage, prices: Prices, times: ServiceTimes) -> Estimate:
    """Estimate a month.

    Raises:
        KeyError: when the first instance type has no price in the table.
    """
    gpu = _gpu(settings, usage, times)
    instance_type = settings.instance_types[0]
    hourly = prices.instance_hour[instance_type].usd
    lines = (
        Line(
            "GPU",
            gpu.hours * hourly,
            f"{gpu.hours:.1f} h of {instance_type}: {gpu.starts:.0f} cold starts, "
            f"{usage.songs * gpu.busy_seconds / 3600:.1f} h of work, the rest waiting for the next song",
        ),
        *_per_song(usage, prices, gpu),
        *_monthly(settings, usage, prices, gpu),
    )
    warnings = []
    most = settings.max_instances * usage.active_hours
    if gpu.hours > most:
        warnings.append(f"max_instances {settings.max_instances} is too few: songs would wait ever longer")
    return Estimate(lines, gpu.hours, gpu.starts, gpu.busy_seconds, tuple(warnings))


def _gpu(settings: Settings, usage: Usage, times: ServiceTimes) -> _Gpu:
    relative = get_model(settings.models[0]).relative_cost
    noise = (times.job.noise_low + times.job.noise_high) / 2
    audio = usage.minutes_per_song * 60
    busy = (times.job.fixed_seconds + times.job.per_audio_second * audio * relative) * noise
    warm = _warm_hours(settings)
    if not usage.songs:
        return _Gpu(warm, 0, busy)
    active = usage.active_hours * 3600
    rate = usage.songs / active
    start = times.start.typical_seconds
    # Noticed late by the metrics, then started; who arrives meanwhile waits with the first one.
    away = 1 / rate + (times.metrics.lag_shortest_seconds + times.metrics.lag_longest_seconds) / 2 + start
    tail = settings.idle_minutes * 60 + _IDLE_LAG_SECONDS
    # How long a machine stays when each song within `tail` of the last one renews its stay.
    stay = busy + math.expm1(min(rate * tail, 50.0)) / rate
    starts = active / (away + stay)
    hours = max(starts * (start + stay), usage.songs * busy / _SUSTAINED_LOAD) / 3600
    return _Gpu(max(hours, warm), starts, busy)


def _warm_hours(settings: Settings) -> float:
    hours = settings.warm_hours
    if hours is None:
        return 0.0
    minutes = (hours.end.hour - hours.start.hour) * 60 + hours.end.minute - hours.start.minute
    return hours.instances * minutes / 60 * len(hours.days) * HOURS_PER_MONTH / (7 * 24)


def _per_song(usage: Usage, prices: Prices, gpu: _Gpu) -> list[Line]:
    price = {name: item.usd for name, item in prices.usage.items()}
    songs, minutes = usage.songs, usage.minutes_per_song
    out_gb = songs * minutes * usage.stems * _STEM_MB_PER_MINUTE[usage.format] / 1000
    in_gb = songs * minutes * _UPLOAD_MB_PER_MINUTE / 1000
    stored = (out_gb + in_gb) * usage.retention_hours / HOURS_PER_MONTH
    schedules = sum(_MINUTES_PER_MONTH / f.every_minutes for f in FUNCTIONS.values() if f.every_minutes)
    calls = songs * _REQUESTS_PER_SONG
    # Each call runs one function, and now and then the authorizer.
    invocations = calls * 1.2 + songs * 2 + schedules
    logs = (songs * _LOG_KB_PER_SONG + gpu.hours * _LOG_KB_PER_WORKER_HOUR) / 1e6
    return [
        Line("transfer", out_gb * price["transfer_out_gb"], f"{out_gb:.1f} GB of stems leave AWS"),
        Line("storage", stored * price["s3_gb_month"], f"{usage.retention_hours} h each"),
        Line(
            "requests",
            calls
            * (price["http_api_million_requests"] / 1e6 + price["cloudfront_ten_thousand_requests"] / 1e4)
            + songs * _OBJECT_WRITES_PER_SONG * price["s3_thousand_writes"] / 1e3
            + songs * _OBJECT_READS_PER_SONG * price["s3_thousand_reads"] / 1e3
            + songs * _MESSAGES_PER_SONG * price["messages_million"] / 1e6,
            f"{calls:,} calls of the API, objects, messages",
        ),
        Line(
            "functions",
            invocations
            * (price["lambda_million_requests"] / 1e6 + _FUNCTION_GB_SECONDS * price["lambda_arm_gb_second"]),
            f"{invocations:,.0f} invocations, {schedules:,.0f} of them by schedule",
        ),
        Line(
            "table",
            songs * _TABLE_WRITES_PER_SONG * price["dynamodb_million_writes"] / 1e6
            + (songs * _TABLE_READS_PER_SONG + schedules * 2) * price["dynamodb_million_reads"] / 1e6,
            "progress, states, polls",
        ),
        Line("logs", logs * price["logs_gb"], f"{logs:.2f} GB"),
    ]


def _monthly(settings: Settings, usage: Usage, prices: Prices, gpu: _Gpu) -> list[Line]:
    price = {name: item.usd for name, item in prices.usage.items()}
    standing = {name: item.usd for name, item in prices.monthly.items()}
    # A metric is paid for the hours in which it is written.
    container = {Metric.IN_FLIGHT, Metric.WORKER_HEARTBEAT}
    metrics = len(Metric) - len(container) + len(container) * min(gpu.hours / HOURS_PER_MONTH, 1)
    metrics *= min(1.0, usage.songs / HOURS_PER_MONTH)
    lines = [
        Line(
            "watching",
            metrics * standing["custom_metric"] + _ALARMS * standing["alarm"] + standing["dashboard"],
            f"dashboard, {_ALARMS} alarms, own metrics by the hour",
        ),
        Line("secrets and key", _SECRETS * standing["secret"] + standing["kms_key"], "every month"),
        Line(
            "image",
            _IMAGE_GB * price["ecr_gb_month"]
            + usage.image_builds * _BUILD_MINUTES * price["codebuild_large_minute"],
            f"{_IMAGE_GB:.0f} GB kept, {usage.image_builds} build of {_BUILD_MINUTES} min",
        ),
    ]
    if settings.waf_enabled:
        calls = usage.songs * _REQUESTS_PER_SONG
        usd = standing["waf_acl"] + _WAF_RULES * standing["waf_rule"]
        usd += calls * price["waf_million_requests"] / 1e6
        lines.append(Line("firewall", usd, "waf_enabled: false saves it"))
    return lines
