"""The model catalogue: what each model gives, where it comes from and under which terms."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.audio import DERIVED_STEMS, Stem
from contract.errors import ErrorCode, StemFoundryError


class Architecture(StrEnum):
    """Which loader builds the network."""

    MASK_NETWORK = "mask_network"
    DEMUCS = "demucs"


class WeightsFile(BaseModel):
    """One file of weights.

    ``sha256`` is the full digest when known; for the published Demucs files only the first eight hex
    digits (part of their file names) are known before the first download.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    sha256_prefix: str | None = Field(None, pattern=r"^[0-9a-f]{8}$")
    url: str | None = None

    @property
    def digest(self) -> str:
        """The most that is known of the file's SHA-256, hexadecimal."""
        return self.sha256 or self.sha256_prefix or ""


class Model(BaseModel):
    """One entry of the catalogue."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    architecture: Architecture
    stems: tuple[Stem, ...]
    weights: tuple[WeightsFile, ...]
    member_weights: tuple[tuple[float, ...], ...] | None = Field(
        None, description="For a bag: weight of each member for each stem, rows are members."
    )
    bundled: bool
    licence: str
    provenance: str
    commercial_use: str
    relative_cost: float = Field(description="Compute per second of audio; htdemucs is 1.")

    @model_validator(mode="after")
    def _bundled_weights_are_pinned(self) -> Self:
        if self.bundled and not all(file.sha256 for file in self.weights):
            raise ValueError("the weights of a bundled model need their full SHA-256")
        return self

    @property
    def digest(self) -> str:
        """Identifies the weights; part of the result-cache key and of every report."""
        return "+".join(file.digest for file in self.weights)

    @property
    def offered_stems(self) -> tuple[Stem, ...]:
        """Own stems, then those computed from them."""
        derived = tuple(sorted(DERIVED_STEMS)) if Stem.VOCALS in self.stems else ()
        return self.stems + derived


_PUBLISHED_ROOT = "https://dl.fbaipublicfiles.com/demucs/hybrid_transformer/"
_PUBLISHED_LICENCE = "Code MIT; the licence of the weights is disputed upstream"
_PUBLISHED_PROVENANCE = (
    "Published by the authors of Demucs; trained on MUSDB18-HQ and 800 further songs "
    "(Rouard, Massa, Défossez, 2023, arXiv:2211.08553)"
)
_PUBLISHED_COMMERCIAL_USE = (
    "Unclear: MUSDB18 is for research, and upstream has not stated terms for the weights. Take advice."
)
_FOUR_STEMS = (Stem.DRUMS, Stem.BASS, Stem.OTHER, Stem.VOCALS)


def _published(name: str) -> WeightsFile:
    return WeightsFile(
        name=name,
        sha256=None,
        sha256_prefix=name.removesuffix(".th").split("-")[1],
        url=_PUBLISHED_ROOT + name,
    )


CATALOGUE: dict[str, Model] = {
    model.name: model
    for model in (
        Model(
            name="foundry_4s",
            title="Foundry 4 stems: small, bundled, works offline",
            architecture=Architecture.MASK_NETWORK,
            stems=_FOUR_STEMS,
            weights=(
                WeightsFile(
                    name="foundry_4s.safetensors",
                    sha256="a96fb0f8ed351a9ffb95937967f0343bcc782ef4912a17267fe4734d72232b80",
                    sha256_prefix=None,
                ),
            ),
            member_weights=None,
            bundled=True,
            licence="MIT",
            provenance="Trained by the recipe in training/ on synthetic music only",
            commercial_use="Allowed",
            relative_cost=0.05,
        ),
        Model(
            name="htdemucs",
            title="Hybrid Transformer Demucs: 4 stems, the quality standard",
            architecture=Architecture.DEMUCS,
            stems=_FOUR_STEMS,
            weights=(_published("955717e8-8726e21a.th"),),
            member_weights=None,
            bundled=False,
            licence=_PUBLISHED_LICENCE,
            provenance=_PUBLISHED_PROVENANCE,
            commercial_use=_PUBLISHED_COMMERCIAL_USE,
            relative_cost=1.0,
        ),
        Model(
            name="htdemucs_ft",
            title="Hybrid Transformer Demucs, fine-tuned: one specialist per stem",
            architecture=Architecture.DEMUCS,
            stems=_FOUR_STEMS,
            weights=(
                _published("f7e0c4bc-ba3fe64a.th"),
                _published("d12395a8-e57c48e6.th"),
                _published("92cfc3b6-ef3bcb9c.th"),
                _published("04573f0d-f3cf25b2.th"),
            ),
            member_weights=(
                (1.0, 0.0, 0.0, 0.0),
                (0.0, 1.0, 0.0, 0.0),
                (0.0, 0.0, 1.0, 0.0),
                (0.0, 0.0, 0.0, 1.0),
            ),
            bundled=False,
            licence=_PUBLISHED_LICENCE,
            provenance=_PUBLISHED_PROVENANCE,
            commercial_use=_PUBLISHED_COMMERCIAL_USE,
            relative_cost=4.0,
        ),
        Model(
            name="htdemucs_6s",
            title="Hybrid Transformer Demucs, 6 stems: adds guitar and piano (experimental upstream)",
            architecture=Architecture.DEMUCS,
            stems=(*_FOUR_STEMS, Stem.GUITAR, Stem.PIANO),
            weights=(_published("5c90dfd2-34c22ccb.th"),),
            member_weights=None,
            bundled=False,
            licence=_PUBLISHED_LICENCE,
            provenance=_PUBLISHED_PROVENANCE,
            commercial_use=_PUBLISHED_COMMERCIAL_USE,
            relative_cost=0.8,
        ),
    )
}

DEFAULT_MODEL = "foundry_4s"


def get_model(name: str) -> Model:
    """Look a model up.

    Raises:
        StemFoundryError: ``unknown_model`` with the names that exist.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        known = ", ".join(CATALOGUE)
        raise StemFoundryError(
            ErrorCode.UNKNOWN_MODEL, f"There is no model {name[:64]!r}. Known models: {known}."
        ) from None


def effective_stems(model: Model, requested: list[Stem] | None) -> list[Stem]:
    """The stems a job delivers: all of the model's own when none are named, else those, without repeats.

    Raises:
        StemFoundryError: ``unknown_stem`` when the model does not offer one of them.
    """
    if requested is None:
        return list(model.stems)
    missing = [stem for stem in requested if stem not in model.offered_stems]
    if missing:
        offered = ", ".join(model.offered_stems)
        raise StemFoundryError(
            ErrorCode.UNKNOWN_STEM,
            f"The model {model.name} does not give {', '.join(missing)}. It gives: {offered}.",
        )
    return list(dict.fromkeys(requested))
