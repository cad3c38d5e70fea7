"""What a file says about its music: carried from the song to its stems.

Texts go by FFmpeg's names, which it translates for each container. ReplayGain and the like are not among
them: they are true of the song, not of a stem.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

# Frames of ID3v2.4 by FFmpeg's names.
_ID3_FRAMES = {
    "title": b"TIT2",
    "artist": b"TPE1",
    "album": b"TALB",
    "album_artist": b"TPE2",
    "date": b"TDRC",
    "genre": b"TCON",
    "track": b"TRCK",
}
_ID3_UTF8 = b"\3"
_ID3_FRONT_COVER = b"\3"
_ID3_SIZE_BITS = 28
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_PNG_SIZE = slice(16, 24)
# Start-of-frame markers of JPEG: C0 to CF without the tables (C4), the reserved (C8) and arithmetic (CC).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Tags:
    """Texts by FFmpeg's names, and the picture of the cover: JPEG or PNG."""

    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    cover: bytes | None = None

    def for_stem(self, stem: str) -> "Tags":
        """The same with the stem in the title."""
        title = self.texts.get("title")
        return replace(self, texts={**self.texts, "title": f"{title} ({stem})" if title else stem})

    @property
    def bytes(self) -> int:
        """About what they take in a file, overhead aside."""
        return sum(len(text.encode()) for text in self.texts.values()) + len(self.cover or b"")


def is_png(picture: bytes) -> bool:
    """Whether a picture is a PNG, by its first bytes; else it is a JPEG."""
    return picture.startswith(_PNG)


def picture_size(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels; 1 and 1 when the picture does not tell."""
    if is_png(picture):
        size = picture[_PNG_SIZE]
        return int.from_bytes(size[:4], "big") or 1, int.from_bytes(size[4:], "big") or 1
    position = len(_JPEG) - 1
    while picture[position : position + 1] == b"\xff" and position + 9 <= len(picture):
        if picture[position + 1] in _JPEG_FRAMES:
            height, width = picture[position + 5 : position + 7], picture[position + 7 : position + 9]
            return int.from_bytes(width, "big") or 1, int.from_bytes(height, "big") or 1
        position += 2 + int.from_bytes(picture[position + 2 : position + 4], "big")
    return 1, 1


def id3_tag(tags: Tags) -> bytes:
    """An ID3v2.4 tag, as it stands before an MP3 and in a chunk of a WAV; empty without anything to say."""
    frames = [
        _id3_frame(_ID3_FRAMES[name], _ID3_UTF8 + text.encode())
        for name, text in tags.texts.items()
        if name in _ID3_FRAMES
    ]
    if tags.cover is not None:
        media_type = b"image/png" if is_png(tags.cover) else b"image/jpeg"
        frames.append(
            _id3_frame(b"APIC", _ID3_UTF8 + media_type + b"\0" + _ID3_FRONT_COVER + b"\0" + tags.cover)
        )
    body = b"".join(frames)
    return b"ID3\4\0\0" + _id3_size(len(body)) + body if body else b""


def _id3_frame(name: bytes, content: bytes) -> bytes:
    return name + _id3_size(len(content)) + bytes(2) + content


def _id3_size(size: int) -> bytes:
    """Seven bits a byte, so that no size looks like the start of an MPEG frame."""
    if size >= 1 << _ID3_SIZE_BITS:
        raise ValueError(f"an ID3 tag cannot hold {size} bytes")
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
