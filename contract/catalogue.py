"""The model catalogue: what each model gives, where it comes from and under which terms."""

from collections.abc import Iterable
from pathlib import Path

from contract.api import ModelDescription, ModelList
from contract.audio import DRUM_PARTS, KIT_PARTS, Stem
from contract.errors import ErrorCode, StemFoundryError
from contract.models import Architecture, Model, Purpose, Quality, WeightsFile
from contract.registered_models import registered_models

__all__ = [
    "CATALOGUE",
    "DEFAULT_MODEL",
    "Architecture",
    "Model",
    "Purpose",
    "Quality",
    "WeightsFile",
    "catalogue",
    "check_drum_parts",
    "describe",
    "effective_stems",
    "get_kit_model",
    "get_model",
    "get_song_model",
    "preferred_kit_model",
]

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


def _published(name: str, sha256: str | None = None) -> WeightsFile:
    return WeightsFile(
        name=name,
        sha256=sha256,
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
                    sha256="ef06af00a60253ee2b10e00d36ba1fdf869286728195e900908aa13c7665cdc4",
                ),
            ),
            bundled=True,
            licence="MIT",
            provenance="Trained by the recipe in training/ on synthetic music only",
            commercial_use="Allowed",
            relative_cost=0.3,
            quality=Quality.DRAFT,
        ),
        Model(
            name="foundry_kit",
            title="Foundry drum kit: kick, snare, toms and cymbals; bundled",
            purpose=Purpose.DRUMS,
            architecture=Architecture.MASK_NETWORK,
            stems=KIT_PARTS,
            weights=(
                WeightsFile(
                    name="foundry_kit.safetensors",
                    sha256="21ef3e932109669821a8a0ecd3bc16eb7a66b47373fad76b0f7039fe6680021b",
                ),
            ),
            bundled=True,
            licence="MIT",
            provenance="Trained by the recipe in training/ on synthetic drums only",
            commercial_use="Allowed",
            relative_cost=0.45,
            quality=Quality.DRAFT,
        ),
        Model(
            name="htdemucs",
            title="Hybrid Transformer Demucs: 4 stems, the quality standard",
            architecture=Architecture.DEMUCS,
            stems=_FOUR_STEMS,
            weights=(
                _published(
                    "955717e8-8726e21a.th",
                    sha256="8726e21a993978c7ba086d3872e7608d7d5bfca646ca4aca459ffda844faa8b4",
                ),
            ),
            licence=_PUBLISHED_LICENCE,
            provenance=_PUBLISHED_PROVENANCE,
            commercial_use=_PUBLISHED_COMMERCIAL_USE,
            relative_cost=1.0,
            quality=Quality.GOOD,
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
            licence=_PUBLISHED_LICENCE,
            provenance=_PUBLISHED_PROVENANCE,
            commercial_use=_PUBLISHED_COMMERCIAL_USE,
            relative_cost=4.0,
            quality=Quality.BEST,
        ),
        Model(
            name="htdemucs_6s",
            title="Hybrid Transformer Demucs, 6 stems: adds guitar and piano (experimental upstream)",
            architecture=Architecture.DEMUCS,
            stems=(*_FOUR_STEMS, Stem.GUITAR, Stem.PIANO),
            weights=(_published("5c90dfd2-34c22ccb.th"),),
            licence=_PUBLISHED_LICENCE,
            provenance=_PUBLISHED_PROVENANCE,
            commercial_use=_PUBLISHED_COMMERCIAL_USE,
            relative_cost=0.8,
            quality=Quality.GOOD,
        ),
        Model(
            name="hdemucs_mmi",
            title="Hybrid Demucs, 4 stems: the generation before, without a transformer",
            architecture=Architecture.DEMUCS,
            stems=_FOUR_STEMS,
            segment_seconds=44,
            weights=(_published("75fc33f5-1941ce65.th"),),
            licence=_PUBLISHED_LICENCE,
            provenance="Published by the authors of Demucs; trained on MUSDB18-HQ and 800 further songs"
            " (Défossez, 2021, arXiv:2111.03600)",
            commercial_use=_PUBLISHED_COMMERCIAL_USE,
            relative_cost=0.6,
            quality=Quality.GOOD,
        ),
    )
}

DEFAULT_MODEL = "foundry_4s"


def catalogue(file: Path | None = None) -> dict[str, Model]:
    """Every model that is known here by its name: the service's own, then those an operator registered.

    Args:
        file: of registered models; by default the one that the environment names.

    Raises:
        RegisteredModelsError: the file of registered models cannot be used.
    """
    return CATALOGUE | {model.name: model for model in registered_models(file, reserved=CATALOGUE)}


def describe() -> ModelList:
    """The catalogue as the API shows it."""
    return ModelList(
        models=[
            ModelDescription(
                name=model.name,
                title=model.title,
                purpose=model.purpose,
                stems=list(model.offered_stems),
                default=model.name == DEFAULT_MODEL,
                bundled=model.bundled,
                architecture=model.architecture,
                digest=model.digest,
                licence=model.licence,
                provenance=model.provenance,
                commercial_use=model.commercial_use,
                relative_cost=model.relative_cost,
                quality=model.quality,
            )
            for model in catalogue().values()
        ]
    )


def get_model(name: str) -> Model:
    """Look a model up.

    Raises:
        StemFoundryError: ``unknown_model`` with the names that exist.
    """
    known = catalogue()
    if name not in known:
        raise StemFoundryError(
            ErrorCode.UNKNOWN_MODEL, f"There is no model {name[:64]!r}. Known models: {', '.join(known)}."
        )
    return known[name]


def get_song_model(name: str | None) -> Model:
    """The model a job asks for, or the default.

    Raises:
        StemFoundryError: ``unknown_model``, also for one that does not take songs apart.
    """
    model = get_model(name or DEFAULT_MODEL)
    if model.purpose is not Purpose.SONG:
        songs = ", ".join(known.name for known in catalogue().values() if known.purpose is Purpose.SONG)
        raise StemFoundryError(
            ErrorCode.UNKNOWN_MODEL,
            f"The model {model.name} splits drums in a second pass: ask for drum_parts instead."
            f" Models for songs: {songs}.",
        )
    return model


def get_kit_model(name: str | None) -> Model:
    """The model that splits the drums here.

    Args:
        name: the service's choice; None where it has none.

    Raises:
        StemFoundryError: ``model_unavailable`` when there is none.
    """
    model = catalogue().get(name) if name else None
    if model is None or model.purpose is not Purpose.DRUMS:
        raise StemFoundryError(
            ErrorCode.MODEL_UNAVAILABLE,
            "This service has no model that splits drums. Its operator can register one; until then ask"
            " without drum_parts.",
        )
    return model


def preferred_kit_model(models: Iterable[Model]) -> str | None:
    """The model that splits drums where nobody chose one: a registered one comes before the bundled."""
    kits = [model for model in models if model.purpose is Purpose.DRUMS]
    return min(kits, key=lambda kit: kit.bundled).name if kits else None


def check_drum_parts(model: Model) -> None:
    """See that a model gives the drums that are to be split; they need not be among the wanted stems.

    Raises:
        StemFoundryError: ``unknown_stem``.
    """
    if Stem.DRUMS not in model.stems:
        raise StemFoundryError(
            ErrorCode.UNKNOWN_STEM, f"The model {model.name} gives no drums that drum_parts could split."
        )


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
        hint = " Parts of the drums come with drum_parts." if set(missing) & set(DRUM_PARTS) else ""
        raise StemFoundryError(
            ErrorCode.UNKNOWN_STEM,
            f"The model {model.name} does not give {', '.join(missing)}. It gives: {offered}.{hint}",
        )
    return list(dict.fromkeys(requested))
