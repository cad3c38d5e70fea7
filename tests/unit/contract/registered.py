"""Catalogue entries as an operator writes them."""

import json
from pathlib import Path
from typing import Any

# The published kit model has Spanish names for its sources; this stands for its entry.
KIT_ENTRY: dict[str, Any] = {
    "name": "drumsep",
    "title": "Kick, snare, cymbals and toms",
    "purpose": "drums",
    "architecture": "demucs",
    "stems": ["kick", "snare", "cymbals", "toms"],
    "sources": ["bombo", "redoblante", "platillos", "toms"],
    "weights": [{"name": "model_drumsep.th", "sha256": "d" * 64, "url": "https://models.example/drumsep.th"}],
    "licence": "MIT",
    "provenance": "An operator's own choice",
    "commercial_use": "Ask the authors",
    "relative_cost": 0.7,
}


def write_entries(path: Path, *entries: dict[str, Any]) -> Path:
    """A file of registered models."""
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path
