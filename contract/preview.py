"""The index of the previews (``preview/index.json``): what a player needs to play, seek and draw."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from contract.audio import SAMPLE_RATE_HZ

PREVIEW_BITRATE_KBPS = 160
PREVIEW_GAIN_DB = -3.0
"""On every lane alike: stems a little above full scale do not clip, and their balance stays."""

MIXTURE_LANE: Final = "mixture"
"""The lane of the song itself, beside those that are named by their stem."""

FRAME_SAMPLES = 1152
FRAMES_PER_OFFSET = 32
PREROLL_FRAMES = 10
# 576 of LAME's and 529 of every decoder's: what stands before the song's first sample.
DECODING_DELAY_SAMPLES = 576 + 529
MAX_POINTS = 2048
POINT_MAXIMUM = 255


class PreviewEntry(BaseModel):
    """One lane: a constant bit rate MP3 and its outline.

    Decoding a range of the file that begins with audio frame ``f`` gives the samples of the lane from
    ``f * frame_samples - delay_samples`` on, of which those of the first `preroll_frames` are not to be used
    (unless ``f`` is 0).
    """

    model_config = ConfigDict(frozen=True)

    size_bytes: int = Field(description="Of the whole file.")
    samples: int = Field(description="Samples per channel that the lane holds.")
    frames: int = Field(description="Audio frames; the Info frame in front of them is not counted.")
    encoder_delay_samples: int = Field(description="What the encoder put before the first sample.")
    encoder_padding_samples: int = Field(description="What the encoder put behind the last sample.")
    offsets: list[int] = Field(description="Byte offset of audio frames 0, 32, 64 and so on.")
    peaks: list[int] = Field(
        description="Largest absolute sample of each point, before the gain: 255 is full scale or more."
    )
    rms: list[int] = Field(description="Root mean square of each point, before the gain: 255 is full scale.")


class PreviewIndex(BaseModel):
    """All lanes of one job. They are alike in rate, length, frames and gain, so one clock plays them all."""

    model_config = ConfigDict(frozen=True)

    version: int = 1
    sample_rate_hz: int = SAMPLE_RATE_HZ
    bitrate_kbps: int = PREVIEW_BITRATE_KBPS
    gain_db: float = Field(PREVIEW_GAIN_DB, description="Gain on the samples of every lane.")
    frame_samples: int = FRAME_SAMPLES
    frames_per_offset: int = FRAMES_PER_OFFSET
    preroll_frames: int = PREROLL_FRAMES
    delay_samples: int = Field(
        DECODING_DELAY_SAMPLES,
        description="Samples that decoding from the first audio frame on puts before the lane's first.",
    )
    samples: int = Field(description="Samples per channel of every lane.")
    duration_seconds: float
    point_samples: int = Field(description="Samples per point of the outlines; the last may stand for fewer.")
    beats: list[float] = Field(description="Times of the beats, seconds; empty where none were found.")
    lanes: dict[str, PreviewEntry] = Field(description="By stem, and `mixture` for the song itself.")


def point_samples(samples: int) -> int:
    """Samples per point of an outline of so many samples: the fewest that keep it within `MAX_POINTS`."""
    return max(1, -(-samples // MAX_POINTS))
