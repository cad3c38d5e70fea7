"""Stem names, output formats and accepted input types."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Stem(StrEnum):
    """Every stem the service can deliver."""

    VOCALS = "vocals"
    DRUMS = "drums"
    BASS = "bass"
    OTHER = "other"
    GUITAR = "guitar"
    PIANO = "piano"
    INSTRUMENTAL = "instrumental"
    KICK = "kick"
    SNARE = "snare"
    TOMS = "toms"
    CYMBALS = "cymbals"
    PERCUSSION_REST = "percussion_rest"


# Computed as mixture minus vocals, so every model that has vocals offers it.
DERIVED_STEMS = frozenset({Stem.INSTRUMENTAL})

# What a kit model tells apart in the drums.
KIT_PARTS = (Stem.KICK, Stem.SNARE, Stem.TOMS, Stem.CYMBALS)
# What `drum_parts` delivers; the last is drums minus all the others, so that they add up to the drums.
DRUM_PARTS = (*KIT_PARTS, Stem.PERCUSSION_REST)

# What a preview can be of.
Lane = Stem | Literal["mixture"]

SAMPLE_RATE_HZ = 44_100
CHANNELS = 2


class AudioFormat(StrEnum):
    """Container and codec of the stems."""

    WAV = "wav"
    FLAC = "flac"
    MP3 = "mp3"
    M4A = "m4a"


CONTENT_TYPES = {
    AudioFormat.WAV: "audio/wav",
    AudioFormat.FLAC: "audio/flac",
    AudioFormat.MP3: "audio/mpeg",
    AudioFormat.M4A: "audio/mp4",
}

BIT_DEPTHS = {
    AudioFormat.WAV: (16, 24, 32),
    AudioFormat.FLAC: (16, 24),
    AudioFormat.MP3: (),
    AudioFormat.M4A: (),
}
LOSSY_FORMATS = frozenset({AudioFormat.MP3, AudioFormat.M4A})
BITRATES_KBPS = (128, 160, 192, 224, 256, 320)
DEFAULT_BIT_DEPTH = 16
DEFAULT_BITRATE_KBPS = 320

# Wide on purpose: browsers guess. What counts is decided by decoding, behind an allow-list of demuxers.
ACCEPTED_CONTENT_TYPE_PREFIXES = ("audio/", "video/")
ACCEPTED_CONTENT_TYPES = frozenset({"application/octet-stream", "application/ogg", "application/mp4"})


def is_accepted_content_type(content_type: str) -> bool:
    """Whether an upload may declare this media type."""
    essence = content_type.split(";", 1)[0].strip().lower()
    return essence.startswith(ACCEPTED_CONTENT_TYPE_PREFIXES) or essence in ACCEPTED_CONTENT_TYPES


class OutputOptions(BaseModel):
    """How the stems are encoded. Depth is for wav and flac (32 = float), bit rate for mp3 and m4a."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: AudioFormat = AudioFormat.WAV
    bit_depth: int | None = Field(
        None, description="16, 24 or 32 (float) for wav; 16 or 24 for flac. Default 16."
    )
    bitrate_kbps: int | None = Field(
        None, description="128, 160, 192, 224, 256 or 320 for mp3 (constant) and m4a. Default 320."
    )
    original_sample_rate: bool = Field(
        False,
        description="Deliver at the source's sample rate instead of 44.1 kHz. mp3 has 32, 44.1 and 48 kHz,"
        " m4a also 64, 88.2 and 96: there the next one up is taken, or the highest.",
    )

    @model_validator(mode="after")
    def _fits_the_format(self) -> "OutputOptions":
        if self.bit_depth is not None and self.bit_depth not in BIT_DEPTHS[self.format]:
            allowed = ", ".join(map(str, BIT_DEPTHS[self.format])) or "none"
            raise ValueError(f"bit_depth {self.bit_depth} does not fit {self.format} (allowed: {allowed})")
        if self.bitrate_kbps is not None and self.format not in LOSSY_FORMATS:
            raise ValueError(f"bitrate_kbps does not fit {self.format}; it is for mp3 and m4a only")
        if self.bitrate_kbps is not None and self.bitrate_kbps not in BITRATES_KBPS:
            allowed = ", ".join(map(str, BITRATES_KBPS))
            raise ValueError(f"bitrate_kbps {self.bitrate_kbps} is not one of {allowed}")
        return self

    def with_defaults(self) -> "OutputOptions":
        """The same choice with every value that matters spelled out."""
        if self.format in LOSSY_FORMATS:
            return self.model_copy(update={"bitrate_kbps": self.bitrate_kbps or DEFAULT_BITRATE_KBPS})
        return self.model_copy(update={"bit_depth": self.bit_depth or DEFAULT_BIT_DEPTH})


class Extras(BaseModel):
    """What a job delivers beside its stems."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    drum_parts: bool = Field(False, description="Split the drums into kick, snare, toms, cymbals and a rest.")
    analysis: bool = Field(True, description="Estimate tempo, beats and key.")
    previews: bool = Field(True, description="Small MP3s with an index, for the player of the web page.")
    archive: bool = Field(False, description="Also deliver all stems as one ZIP file.")


# What a job has that was recorded before there were extras.
NO_EXTRAS = Extras(analysis=False, previews=False)
