"""What a file is, told by its content alone."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.decoding import frame_sync
from sagemaker_container.separation.decoding.sniffing import Demuxer, sniff

from .audio_files import RATE, mux, tones, write

PLAYLISTS = {
    "hls with a local file": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "hls with an address": b"#EXTM3U\n#EXTINF:10,\nhttp://169.254.169.254/latest/meta-data/\n",
    "hls after a byte order mark": b"\xef\xbb\xbf#EXTM3U\nfile:///etc/passwd\n",
    "hls in UTF-16": "#EXTM3U\nfile:///etc/passwd\n".encode("utf-16"),
    "hls after an ID3 tag": b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"#EXTM3U\nfile:///etc/passwd\n",
    "concat": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "concat without its first line": b"file '/etc/passwd'\n",
    "sdp": b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 10.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n",
    "pls": b"[playlist]\nFile1=http://example.com/a.mp3\n",
    "dash": b'<?xml version="1.0"?>\n<MPD><BaseURL>file:///etc/passwd</BaseURL></MPD>',
    "asx": b'<ASX version="3.0"><Entry><Ref href="http://example.com/"/></Entry></ASX>',
    "plain addresses": b"\n\nhttps://example.com/song.mp3\n",
}
OTHERS = {
    "text": b"La la la, this is the song.\n" * 100,
    "png": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200),
    "webp": b"RIFF\x10\x00\x00\x00WEBPVP8 ",
    "pdf": b"%PDF-1.7\n",
    "zip": b"PK\x03\x04" + bytes(100),
    "midi": b"MThd\x00\x00\x00\x06",
    "avi": b"RIFF\x10\x00\x00\x00AVI LIST",
    "transport stream": (b"\x47" + bytes(187)) * 10,
    "subtitles": b"1\n00:00:01,000 --> 00:00:02,000\nHello\n",
    "zeros": bytes(10_000),
    "one byte": b"\xff",
}


def kind(content: bytes) -> Demuxer:
    return sniff(io.BytesIO(content))


@pytest.mark.parametrize("content", PLAYLISTS.values(), ids=PLAYLISTS.keys())
def test_playlists_are_unsafe(content):
    with pytest.raises(StemFoundryError) as caught:
        kind(content)
    assert caught.value.code is ErrorCode.UNSAFE_MEDIA


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS.keys())
def test_everything_else_is_not_audio(content):
    with pytest.raises(StemFoundryError) as caught:
        kind(content)
    assert caught.value.code is ErrorCode.NOT_AUDIO


def test_the_message_says_what_the_file_is():
    with pytest.raises(StemFoundryError, match="an image"):
        kind(OTHERS["png"])


def test_an_empty_file_is_empty():
    with pytest.raises(StemFoundryError) as caught:
        kind(b"")
    assert caught.value.code is ErrorCode.FILE_EMPTY


@pytest.mark.parametrize(
    ("codec", "container", "demuxer"),
    [
        ("libmp3lame", "mp3", Demuxer.MP3),
        ("aac", "adts", Demuxer.AAC),
        ("aac", "mp4", Demuxer.MOV),
        ("alac", "mov", Demuxer.MOV),
        ("flac", "flac", Demuxer.FLAC),
        ("flac", "ogg", Demuxer.OGG),
        ("pcm_s16le", "matroska", Demuxer.MATROSKA),
        ("wmav2", "asf", Demuxer.ASF),
        ("pcm_s16be", "aiff", Demuxer.AIFF),
        ("pcm_s16le", "w64", Demuxer.W64),
    ],
)
def test_audio_is_recognised_whatever_its_name(tmp_path, codec, container, demuxer):
    path = mux(tmp_path / "picture.png", tones(RATE // 2), codec, container)
    assert kind(path.read_bytes()) is demuxer


def test_rf64_is_wav(tmp_path):
    path = write(tmp_path / "song.wav", tones(100), format="RF64")
    assert kind(path.read_bytes()) is Demuxer.WAV


def test_an_mp3_is_found_behind_junk(tmp_path):
    content = mux(tmp_path / "song.mp3", tones(RATE), "libmp3lame", "mp3").read_bytes()
    assert kind(b"\x00" * 5000 + content[1000:]) is Demuxer.MP3


def test_a_single_mp3_frame_is_enough(tmp_path):
    content = mux(tmp_path / "song.mp3", tones(RATE), "libmp3lame", "mp3", options={"id3v2_version": "0"})
    frames = content.read_bytes()
    frame = frame_sync.parse_mpeg_frame(frames, 0)
    assert frame is not None
    assert kind(frames[: frame.bytes]) is Demuxer.MP3


def test_random_bytes_are_not_taken_for_mp3():
    for seed in range(30):
        content = b"\x00" + random.Random(seed).randbytes(20_000)
        with pytest.raises(StemFoundryError):
            kind(content)


def outcome(content: bytes) -> Demuxer | ErrorCode:
    try:
        return kind(content)
    except StemFoundryError as error:
        return error.code


@given(st.binary(max_size=2000))
def test_any_content_is_recognised_or_refused(content):
    assert outcome(content) in {*Demuxer, ErrorCode.NOT_AUDIO, ErrorCode.UNSAFE_MEDIA, ErrorCode.FILE_EMPTY}
