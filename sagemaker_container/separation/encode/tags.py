"""What a file says about its music: carried from the song to its stems."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TALB, TCON, TDRC, TIT2, TPE1, TPE2, TRCK
from mutagen.mp4 import MP4, MP4Cover

# The names FFmpeg uses for every container.
CARRIED_TAGS = ("title", "artist", "album", "album_artist", "date", "genre", "track")
_LIBSNDFILE = {
    "title": "title",
    "artist": "artist",
    "album": "album",
    "date": "date",
    "genre": "genre",
    "track": "tracknumber",
}
_ID3 = {
    "title": TIT2,
    "artist": TPE1,
    "album": TALB,
    "album_artist": TPE2,
    "date": TDRC,
    "genre": TCON,
    "track": TRCK,
}
_MP4 = {
    "title": "©nam",
    "artist": "©ART",
    "album": "©alb",
    "album_artist": "aART",
    "date": "©day",
    "genre": "©gen",
}
_ID3_UTF8 = 3
_FRONT_COVER = 3
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Tags:
    """Texts by FFmpeg's names (`CARRIED_TAGS`), and the picture of the cover: JPEG or PNG."""

    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    cover: bytes | None = None

    def for_stem(self, stem: str) -> "Tags":
        """The same with the stem in the title."""
        title = self.texts.get("title")
        return replace(self, texts={**self.texts, "title": f"{title} ({stem})" if title else stem})

    def for_libsndfile(self) -> dict[str, str]:
        """Texts by the names of libsndfile, which has no album artist."""
        return {_LIBSNDFILE[name]: text for name, text in self.texts.items() if name in _LIBSNDFILE}


def picture_type(picture: bytes) -> str | None:
    """Media type of a picture that may be carried, by its first bytes."""
    if picture.startswith(_JPEG):
        return "image/jpeg"
    return "image/png" if picture.startswith(_PNG) else None


def id3_tag(tags: Tags) -> bytes:
    """An ID3v2.4 tag to stand before an MP3; empty without anything to say."""
    tag = ID3()
    for name, text in tags.texts.items():
        if name in _ID3:
            tag.add(_ID3[name](encoding=_ID3_UTF8, text=text))
    if tags.cover is not None:
        tag.add(
            APIC(
                encoding=_ID3_UTF8, mime=picture_type(tags.cover), type=_FRONT_COVER, desc="", data=tags.cover
            )
        )
    if not tag:
        return b""
    buffer = io.BytesIO()
    tag.save(buffer, padding=lambda _: 0)
    return buffer.getvalue()


def add_flac_cover(path: Path, cover: bytes) -> None:
    """Put the picture into a finished FLAC file."""
    file = FLAC(path)
    picture = Picture()
    picture.type, picture.mime, picture.data = _FRONT_COVER, picture_type(cover) or "", cover
    file.add_picture(picture)
    file.save()


def add_m4a_tags(path: Path, tags: Tags) -> None:
    """Put texts and picture into a finished M4A file; its index stands at the end, so no audio is moved."""
    if not tags.texts and tags.cover is None:
        return
    file = MP4(path)
    for name, text in tags.texts.items():
        if name in _MP4:
            file[_MP4[name]] = [text]
    if tags.cover is not None:
        kind = MP4Cover.FORMAT_PNG if picture_type(tags.cover) == "image/png" else MP4Cover.FORMAT_JPEG
        file["covr"] = [MP4Cover(tags.cover, kind)]
    file.save()
