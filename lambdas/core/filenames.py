"""File names that come from users: shown and offered for saving, never used as paths or keys."""

import re
import unicodedata

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_MAX_TITLE_CHARACTERS = 120


def display_name(filename: str) -> str:
    """The last path component without control characters; what a person called the file."""
    name = re.split(r"[/\\]", filename.strip())[-1]
    cleaned = "".join(
        character for character in name if unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
    )
    return cleaned.strip(" .") or "audio"


def title_of(filename: str) -> str:
    """The song's title as far as its file name tells: no folder, no extension, safe to save under."""
    stem, _, extension = display_name(filename).rpartition(".")
    title = stem if stem and len(extension) <= 5 else display_name(filename)
    safe = _UNSAFE.sub("_", title).strip(" .")
    return safe[:_MAX_TITLE_CHARACTERS] or "audio"
