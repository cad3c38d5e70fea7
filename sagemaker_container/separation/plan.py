"""What is to be made of a song, decided before anything is touched."""

from collections.abc import Sequence
from dataclasses import dataclass

from contract.audio import DRUM_PARTS, KIT_PARTS, Extras, Lane, OutputOptions, Stem
from contract.catalogue import Model, check_drum_parts, effective_stems, get_kit_model, get_song_model
from contract.preview import MIXTURE_LANE


@dataclass(frozen=True, slots=True)
class Plan:
    """What is computed and delivered.

    Attributes:
        model: separates the song.
        kit_model: separates its drums; None without drum parts.
        stems: of the song, wanted.
        output: how stems are encoded, every value spelled out.
        extras: what is delivered beside them.
    """

    model: Model
    kit_model: Model | None
    stems: tuple[Stem, ...]
    output: OutputOptions
    extras: Extras

    @property
    def parts(self) -> tuple[Stem, ...]:
        """Parts of the drums that are delivered."""
        return DRUM_PARTS if self.kit_model is not None else ()

    @property
    def delivered(self) -> tuple[Stem, ...]:
        """Everything that ends up in a file of its own."""
        return (*self.stems, *self.parts)

    @property
    def lanes_of_song(self) -> tuple[Lane, ...]:
        """What the first pass fills: wanted stems, drums for the second pass, the mixture to compare with."""
        lanes: list[Lane] = list(self.stems)
        if self.parts and Stem.DRUMS not in lanes:
            lanes.append(Stem.DRUMS)
        if self.extras.previews:
            lanes.append(MIXTURE_LANE)
        return tuple(lanes)

    @property
    def computed(self) -> list[Stem]:
        """The model's own stems that all of this is made of."""
        needed = {*self.stems}
        if Stem.INSTRUMENTAL in needed:
            needed.add(Stem.VOCALS)
        if self.parts:
            needed.add(Stem.DRUMS)
        return [stem for stem in self.model.stems if stem in needed]

    @property
    def computed_of_drums(self) -> list[Stem]:
        """The kit model's own stems that the parts are made of."""
        own = self.kit_model.stems if self.kit_model is not None else ()
        return [stem for stem in own if stem in KIT_PARTS]

    @property
    def share_of_song(self) -> float:
        """How much of the separation the first pass is, 0 to 1."""
        if self.kit_model is None:
            return 1.0
        return self.model.relative_cost / (self.model.relative_cost + self.kit_model.relative_cost)


def make_plan(
    model: str,
    stems: Sequence[Stem] | None,
    output: OutputOptions | None,
    extras: Extras,
    kit_model: str | None,
) -> Plan:
    """Check what is asked for.

    Args:
        model: name of the catalogue.
        stems: wanted stems, or None for all of the model's.
        output: how to encode; 16-bit WAV by default.
        extras: what else is wanted.
        kit_model: the model that splits drums here, if there is one.

    Raises:
        StemFoundryError: there is no such model, or it has no such stems.
    """
    description = get_song_model(model)
    if extras.drum_parts:
        check_drum_parts(description)
    return Plan(
        description,
        get_kit_model(kit_model) if extras.drum_parts else None,
        tuple(effective_stems(description, list(stems) if stems else None)),
        (output or OutputOptions()).with_defaults(),
        extras,
    )
