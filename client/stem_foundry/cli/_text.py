"""Text for terminals and names for folders, made from strings that others chose."""

import unicodedata

MAX_NAME_CHARACTERS = 80

_KEPT_PUNCTUATION = frozenset(" -_.,()&+'")
# Names that Windows gives to devices, with any extension.
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10))}
)


def printable(text: str) -> str:
    """One line without control characters, which could drive a terminal."""
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def folder_name(name: str) -> str:
    """A name that is one plain folder on every common file system."""
    normal = unicodedata.normalize("NFC", name)
    kept = "".join(
        character if character.isalnum() or character in _KEPT_PUNCTUATION else "_" for character in normal
    )
    # Bytes are what file systems count, so cut those, at a character.
    cut = kept[:MAX_NAME_CHARACTERS].encode("utf-8")[:200].decode("utf-8", "ignore").strip(" .")
    if not cut:
        return "song"
    return f"_{cut}" if cut.split(".")[0].lower() in _RESERVED else cut


def folder_names(names: list[str]) -> list[str]:
    """Plain folder names, each used once even where upper and lower case are one."""
    taken: set[str] = set()
    result = []
    for name in names:
        plain = candidate = folder_name(name)
        number = 2
        while candidate.casefold() in taken:
            candidate = f"{plain}-{number}"
            number += 1
        taken.add(candidate.casefold())
        result.append(candidate)
    return result


def clock(seconds: float) -> str:
    """A length as ``3:05.2`` or ``1:02:03.0``."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def about(seconds: float) -> str:
    """A rough time to wait: ``about 20 s``, ``about 7 min``."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min"


def size(count: float) -> str:
    """A number of bytes as ``3.2 MB``."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
