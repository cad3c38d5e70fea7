"""Recognises a file by its content and picks the demuxer, so that libavformat never guesses.

Guessing is what lets a playlist that is named ``song.mp3`` open URLs and local files.
"""

import re
from enum import StrEnum
from typing import BinaryIO

from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.decoding import frame_sync

SUPPORTED = "MP3, WAV, FLAC, OGG/Opus, M4A/AAC/ALAC, AIFF, WMA, WebM, and the audio of MP4, MOV and MKV"

_HEAD_BYTES = 4096
_MAX_ID3_TAGS = 8
SYNC_WINDOW_BYTES = 256 * 1024


class Demuxer(StrEnum):
    """The demuxers that may run, by their names in libavformat."""

    AAC = "aac"
    AIFF = "aiff"
    ASF = "asf"
    FLAC = "flac"
    MATROSKA = "matroska"
    MOV = "mov"
    MP3 = "mp3"
    OGG = "ogg"
    W64 = "w64"
    WAV = "wav"


_MOV_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})

_SIGNATURES: tuple[tuple[re.Pattern[bytes], Demuxer], ...] = (
    (re.compile(rb"(RIFF|RF64|BW64)....WAVE", re.DOTALL), Demuxer.WAV),
    (re.compile(rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"), Demuxer.W64),
    (re.compile(rb"FORM....AIF[FC]", re.DOTALL), Demuxer.AIFF),
    (re.compile(rb"fLaC"), Demuxer.FLAC),
    (re.compile(rb"OggS"), Demuxer.OGG),
    (re.compile(rb"\x1a\x45\xdf\xa3"), Demuxer.MATROSKA),
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"), Demuxer.ASF),
)

# Files that make a player open other files or addresses.
_PLAYLIST = re.compile(
    rb"#EXTM3U|#EXT-X-|#EXTINF|ffconcat|file\s+['\"/]|v=0\r?\n|RTSPtext|\[(playlist|reference)\]"
    rb"|<\?xml|<(MPD|smil|asx|SmoothStreamingMedia|playlist)\b|[a-z][a-z0-9+.-]{1,15}://",
    re.IGNORECASE,
)

_OTHER_KINDS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (
        re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|BM....\0\0\0\0|II\*\0|MM\0\*", re.DOTALL),
        "an image",
    ),
    (re.compile(rb"%PDF"), "a PDF document"),
    (re.compile(rb"PK\x03\x04|Rar!|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ"), "an archive"),
    (re.compile(rb"MThd"), "a MIDI file, which holds notes and no sound"),
    (
        re.compile(rb"RIFF....AVI |FLV\x01|\x47.{187}\x47|\x00\x00\x01\xba", re.DOTALL),
        "a video of a kind that is not accepted",
    ),
)


def sniff(source: BinaryIO) -> Demuxer:
    """Tell which demuxer reads a file.

    Args:
        source: the file, seekable.

    Raises:
        StemFoundryError: ``file_empty``, ``unsafe_media`` for playlists, ``not_audio`` for all else
            that is not on the list.
    """
    start = after_id3_tags(source)
    source.seek(start)
    head = source.read(_HEAD_BYTES)
    if not head and start == 0:
        raise StemFoundryError(ErrorCode.FILE_EMPTY, "The file is empty.")
    for pattern, demuxer in _SIGNATURES:
        if pattern.match(head):
            return demuxer
    if head[4:8] in _MOV_BOXES:
        return Demuxer.MOV
    _refuse_playlist(head)
    source.seek(start)
    found = frame_sync.find(source.read(SYNC_WINDOW_BYTES))
    if found is None:
        raise StemFoundryError(ErrorCode.NOT_AUDIO, _not_audio(head))
    return Demuxer.MP3 if found[0] is frame_sync.Stream.MPEG_AUDIO else Demuxer.AAC


def after_id3_tags(source: BinaryIO) -> int:
    """Offset behind leading ID3v2 tags, which may stand before MP3, AAC and FLAC."""
    offset = 0
    for _ in range(_MAX_ID3_TAGS):
        source.seek(offset)
        header = source.read(10)
        if len(header) < 10 or header[:3] != b"ID3" or max(header[6:10]) > 0x7F:
            break
        # Four bytes of seven bits each.
        size = header[6] << 21 | header[7] << 14 | header[8] << 7 | header[9]
        footer = 10 if header[5] & 0x10 else 0
        offset += 10 + size + footer
    return offset


def _refuse_playlist(head: bytes) -> None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _PLAYLIST.match(text) or _PLAYLIST.match(_utf16_as_ascii(head)):
        raise StemFoundryError(
            ErrorCode.UNSAFE_MEDIA,
            "The file is a playlist or description that refers to other files or addresses, not audio."
            " Upload the audio file itself.",
        )


def _utf16_as_ascii(head: bytes) -> bytes:
    if head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return b""
    return head.decode("utf-16", errors="ignore").encode("ascii", errors="ignore").lstrip()


def _not_audio(head: bytes) -> str:
    for pattern, kind in _OTHER_KINDS:
        if pattern.match(head):
            return f"The file is {kind}, not audio. Accepted: {SUPPORTED}."
    return f"The file is not audio of a kind that is accepted: {SUPPORTED}."
