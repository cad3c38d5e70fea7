"""One digest for everything a composition consists of, equal on every machine."""

import hashlib
import json
from collections.abc import Mapping


def fingerprint_of(value: object) -> str:
    """Return a SHA-256 over numbers, texts, sequences and mappings, however deep."""
    return hashlib.sha256(json.dumps(_rounded(value), sort_keys=True).encode()).hexdigest()


def _rounded(value: object) -> object:
    """Round all numbers to a microbeat so that the last bit of a float cannot change a fingerprint."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
