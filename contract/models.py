"""What the catalogue says about a model."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.audio import DERIVED_STEMS, DRUM_PARTS, KIT_PARTS, Stem


class Architecture(StrEnum):
    """Which loader builds the network."""

    MASK_NETWORK = "mask_network"
    DEMUCS = "demucs"


class Purpose(StrEnum):
    """What a model takes apart."""

    SONG = "song"
    DRUMS = "drums"


class Quality(StrEnum):
    """What to expect of a model's stems on real songs, judged by the average SDR of its evaluations."""

    DRAFT = "draft"
    """Below 6 dB: the stems bleed into each other audibly."""
    GOOD = "good"
    """From 6 dB on."""
    BEST = "best"
    """The best that the service offers, whatever the work."""


class WeightsFile(BaseModel):
    """One file of weights.

    ``sha256`` is the full digest when known; of some published Demucs files only the first eight hex digits
    (part of their file names) are known before the first download.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$", description="Its name in the model folder."
    )
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    sha256_prefix: str | None = Field(None, pattern=r"^[0-9a-f]{8}$")
    url: str | None = Field(
        None, max_length=2048, pattern=r"^https://[!-~]+$", description="Where it can be fetched."
    )

    @property
    def digest(self) -> str:
        """The most that is known of the file's SHA-256, hexadecimal."""
        return self.sha256 or self.sha256_prefix or ""


Text = Annotated[str, Field(min_length=1, max_length=500)]


class Model(BaseModel):
    """One entry of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    title: Text
    purpose: Purpose = Field(
        Purpose.SONG, description="song, or drums: splits the drums of a song in a second pass."
    )
    architecture: Architecture
    stems: tuple[Stem, ...] = Field(min_length=1, description="In the order of the network's output.")
    sources: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] | None = Field(
        None, description="What the weights call the stems, in the same order, where that is something else."
    )
    segment_seconds: float | None = Field(
        None, gt=0, le=120, description="Length separated at a time, where it is not the one of the weights."
    )
    weights: tuple[WeightsFile, ...] = Field(min_length=1, max_length=16)
    member_weights: tuple[tuple[float, ...], ...] | None = Field(
        None, description="For a bag: weight of each member for each stem, rows are members."
    )
    bundled: bool = False
    licence: Text
    provenance: Text
    commercial_use: Text
    relative_cost: float = Field(gt=0, description="Compute per second of audio; htdemucs is 1.")
    quality: Quality | None = Field(
        None, description="What to expect of the stems; nothing where nobody has judged."
    )

    @model_validator(mode="after")
    def _bundled_weights_are_pinned(self) -> Self:
        if self.bundled and not all(file.sha256 for file in self.weights):
            raise ValueError("the weights of a bundled model need their full SHA-256")
        return self

    @model_validator(mode="after")
    def _stems_fit_the_purpose(self) -> Self:
        if len(set(self.stems)) != len(self.stems):
            raise ValueError("a stem is listed twice")
        if self.purpose is Purpose.DRUMS and set(self.stems) != set(KIT_PARTS):
            raise ValueError(f"a model for drums has exactly the stems {', '.join(KIT_PARTS)}")
        wrong = DERIVED_STEMS.union(DRUM_PARTS).intersection(self.stems)
        if self.purpose is Purpose.SONG and wrong:
            raise ValueError(f"a model for songs cannot have the stems {', '.join(sorted(wrong))}")
        return self

    @model_validator(mode="after")
    def _tables_fit_the_stems(self) -> Self:
        if self.sources is not None and len(self.sources) != len(self.stems):
            raise ValueError("sources must have one name for each stem")
        rows = self.member_weights
        if rows is not None and [len(row) for row in rows] != [len(self.stems)] * len(self.weights):
            raise ValueError(
                "member_weights must have a row for each file of weights, a column for each stem"
            )
        return self

    @property
    def digest(self) -> str:
        """Identifies the weights; part of the result-cache key and of every report."""
        return "+".join(file.digest for file in self.weights)

    @property
    def source_names(self) -> tuple[str, ...]:
        """What the weights call the stems, in the order of `stems`."""
        return self.sources or tuple(map(str, self.stems))

    @property
    def offered_stems(self) -> tuple[Stem, ...]:
        """Own stems, then those computed from them."""
        derived = tuple(sorted(DERIVED_STEMS)) if Stem.VOCALS in self.stems else ()
        return self.stems + derived
