"""The finished model: weights and card in the model folder, an entry in this machine's catalogue."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from contract.models import Model, WeightsFile
from contract.own_models import add_model
from training.finetune.record import Record
from training.finetune.scores import mean
from training.finetune.weights import Base


def publish(record: Record, base: Base, weights: Path, model_directory: Path) -> tuple[Model, Path]:
    """Put the best weights where the service loads them from, write their card and register them.

    Returns:
        The entry, and the file of the card.

    Raises:
        OwnModelError: the name has been taken in the meantime.
        RegisteredModelsError: the file of registered models cannot be used.
    """
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    request = record.request
    stem = f"{request.name}-{digest[:8]}"
    licence = base.model.licence
    if base.model.bundled:
        licence = f"The operator's; the weights it began with: {licence}"
    model = base.model.model_copy(
        update={
            "name": request.name,
            "title": f"{request.name}: {base.model.name} trained further on {request.data.name}"[:500],
            "weights": (WeightsFile(name=f"{stem}.safetensors", sha256=digest),),
            "bundled": False,
            "provenance": f"{base.model.name}, trained further on {len(record.training_songs)} own songs",
            "licence": licence,
            "quality": None,
            "commercial_use": "As the rights to the songs it learnt from allow",
        }
    )
    entry = Model.model_validate(model.model_dump())
    model_directory.mkdir(parents=True, exist_ok=True)
    target = model_directory / f"{stem}.safetensors"
    partial = target.with_name(f".{target.name}.part")
    shutil.copyfile(weights, partial)
    partial.replace(target)
    facts = card(record, base, digest)
    (model_directory / f"{stem}.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    text = model_directory / f"{stem}.md"
    text.write_text(card_text(facts), encoding="utf-8")
    add_model(entry)
    return entry, text


def card(record: Record, base: Base, digest: str) -> dict[str, Any]:
    """Return the facts about a model."""
    best = record.best
    assert best is not None
    return {
        "name": record.request.name,
        "base": base.model.name,
        "base_digest": base.model.digest,
        "digest": digest,
        "data": record.request.data.name,
        "training_songs": record.training_songs,
        "held_out_songs": record.held_out_songs,
        "steps": best.step,
        "planned_steps": record.steps,
        "training_minutes": round(record.seconds / 60, 1),
        "checks": len(record.checks),
        "sdr_db_before": {stem: round(value, 2) for stem, value in record.before.items()},
        "sdr_db_after": {stem: round(value, 2) for stem, value in best.scores.items()},
        "mean_sdr_db_before": round(mean(record.before), 2),
        "mean_sdr_db_after": round(mean(best.scores), 2),
    }


def card_text(facts: dict[str, Any]) -> str:
    """Return the card as Markdown."""
    rows = [
        f"| {stem} | {before:.2f} | {facts['sdr_db_after'][stem]:.2f} |"
        for stem, before in facts["sdr_db_before"].items()
    ]
    held_out = "\n".join(f"- {name}" for name in facts["held_out_songs"])
    return f"""# {facts["name"]}

`{facts["base"]}` trained further on {len(facts["training_songs"])} songs of `{facts["data"]}`, to step
{facts["steps"]} of {facts["planned_steps"]} ({facts["training_minutes"]} minutes of training).

| stem | before, dB | after, dB |
|---|---|---|
{chr(10).join(rows)}
| mean | {facts["mean_sdr_db_before"]:.2f} | {facts["mean_sdr_db_after"]:.2f} |

Signal-to-distortion ratio, mean over songs that nothing was learnt from ({len(facts["held_out_songs"])}).
The state that was best on them was kept, out of {facts["checks"]} that were tried:
on other songs expect a little less.

Songs held out:

{held_out}

SHA-256 of the weights: `{facts["digest"]}`
"""
