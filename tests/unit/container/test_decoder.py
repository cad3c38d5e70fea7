"""Decoding: every accepted kind to the sample exact, everything else refused by name."""

import av
import numpy as np
import pytest

from contract.errors import ErrorCode, StemFoundryError, WarningCode
from contract.limits import Limits
from sagemaker_container.separation.decode import decode_file
from sagemaker_container.separation.decoding.outcome import MAX_COVER_BYTES

from .audio_files import RATE, cut, decoded, lag, mux, noise, tones, video_without_audio, write

LENGTH = 3 * RATE + 123


def codes(audio):
    return [warning.code for warning in audio.warnings]


def refusal(path, limits=None):
    with pytest.raises(StemFoundryError) as caught:
        decoded(path, limits)
    return caught.value


@pytest.mark.parametrize(
    ("suffix", "options", "tolerance"),
    [
        ("wav", {"subtype": "PCM_16"}, 2**-15),
        ("wav", {"subtype": "PCM_24"}, 2**-23),
        ("wav", {"subtype": "PCM_32"}, 2**-23),
        ("wav", {"subtype": "PCM_U8"}, 2**-7),
        ("wav", {"subtype": "FLOAT"}, 0),
        ("wav", {"subtype": "DOUBLE"}, 0),
        ("w64", {"subtype": "PCM_16"}, 2**-15),
        ("flac", {"subtype": "PCM_16"}, 2**-15),
        ("flac", {"subtype": "PCM_24"}, 2**-23),
        ("aiff", {"subtype": "PCM_16"}, 2**-15),
        ("aiff", {"subtype": "PCM_24"}, 2**-23),
    ],
)
def test_lossless_files_come_out_as_they_went_in(tmp_path, suffix, options, tolerance):
    original = tones(LENGTH)
    audio, samples = decoded(write(tmp_path / f"song.{suffix}", original, **options))
    assert samples.shape == original.shape
    assert np.abs(samples - original).max() <= tolerance
    assert audio.warnings == []
    assert (audio.source_sample_rate_hz, audio.source_channels) == (RATE, 2)


@pytest.mark.parametrize(
    ("codec", "container"),
    [
        ("libmp3lame", "mp3"),
        ("aac", "mp4"),
        ("alac", "ipod"),
        ("flac", "ogg"),
        ("pcm_s16le", "mov"),
        ("pcm_s24be", "mov"),
        ("pcm_s16le", "matroska"),
    ],
)
def test_encoder_delay_and_padding_are_cut_off(tmp_path, codec, container):
    original = noise(LENGTH)
    audio, samples = decoded(mux(tmp_path / "song", original, codec, container))
    assert audio.samples == LENGTH
    assert lag(samples, original) == 0
    assert audio.warnings == []


def test_vorbis_is_decoded_to_its_exact_length(tmp_path):
    original = noise(LENGTH)
    audio, samples = decoded(write(tmp_path / "song.ogg", original, format="OGG", subtype="VORBIS"))
    assert (audio.codec, audio.samples, audio.warnings) == ("vorbis", LENGTH, [])
    assert lag(samples, original) == 0


@pytest.mark.parametrize("container", ["ogg", "webm"])
def test_opus_is_resampled_to_its_exact_length(tmp_path, container):
    audio, _ = decoded(mux(tmp_path / "song", tones(LENGTH), "libopus", container, rate=48_000))
    assert audio.samples == LENGTH
    assert codes(audio) == [WarningCode.RESAMPLED]


@pytest.mark.parametrize(("codec", "container"), [("wmav2", "asf"), ("ac3", "matroska"), ("aac", "matroska")])
def test_formats_that_do_not_state_their_padding_are_decoded(tmp_path, codec, container):
    audio, _ = decoded(mux(tmp_path / "song", tones(LENGTH), codec, container))
    assert (audio.container, audio.codec) == (container, codec)
    assert audio.warnings == []
    assert abs(audio.samples - LENGTH) < 8192


def test_adts_is_decoded(tmp_path):
    audio, _ = decoded(mux(tmp_path / "song", tones(LENGTH), "aac", "adts"))
    assert audio.container == "aac"
    assert 0 <= audio.samples - LENGTH < 4096


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000, 96_000, 192_000])
def test_other_rates_become_44100_with_the_same_tones(tmp_path, rate):
    path = write(tmp_path / "song.wav", tones(2 * rate + 7, rate=rate), rate, subtype="FLOAT")
    audio, samples = decoded(path)
    assert audio.samples == round((2 * rate + 7) * RATE / rate)
    assert codes(audio) == [WarningCode.RESAMPLED]
    inner = slice(4410, -4410)
    assert np.abs(samples[inner] - tones(audio.samples)[inner]).max() < 1e-4


def test_mono_becomes_two_equal_channels_at_the_same_level(tmp_path):
    original = tones(LENGTH, channels=1)
    audio, samples = decoded(write(tmp_path / "song.wav", original, subtype="FLOAT"))
    assert (samples[:, 0] == samples[:, 1]).all()
    assert (samples[:, 0] == original[:, 0]).all()
    assert audio.source_channels == 1


@pytest.mark.parametrize(
    ("suffix", "channels"), [("wav", 6), ("flac", 6), ("wav", 4), ("wav", 8), ("wav", 3)]
)
def test_surround_is_mixed_down(tmp_path, suffix, channels):
    path = write(tmp_path / f"song.{suffix}", tones(LENGTH, channels, peak=0.1))
    audio, samples = decoded(path)
    assert audio.samples == LENGTH
    assert codes(audio) == [WarningCode.DOWNMIXED]
    assert np.abs(samples).max() > 0.05


def test_nine_channels_are_too_many(tmp_path):
    path = write(tmp_path / "song.wav", tones(RATE, 9))
    assert refusal(path).code is ErrorCode.TOO_MANY_CHANNELS


@pytest.mark.parametrize("rate", [4_000, 384_000])
def test_a_rate_outside_the_limits_is_refused(tmp_path, rate):
    path = write(tmp_path / "song.wav", tones(rate, rate=rate), rate)
    error = refusal(path)
    assert error.code is ErrorCode.UNSUPPORTED_SAMPLE_RATE
    assert str(rate) in error.message


@pytest.mark.parametrize(
    ("name", "codec", "container", "options"),
    [
        ("mp3", "libmp3lame", "mp3", {}),
        ("flac", "flac", "flac", {}),
        ("faststart", "aac", "mp4", {"movflags": "faststart"}),
        ("ogg", "libopus", "ogg", {}),
        ("wav", "pcm_s16le", "wav", {}),
        ("aiff", "pcm_s16be", "aiff", {}),
    ],
)
def test_a_cut_file_gives_what_is_there_with_a_warning(tmp_path, name, codec, container, options):
    rate = 48_000 if codec == "libopus" else RATE
    path = mux(tmp_path / name, tones(5 * RATE), codec, container, rate=rate, options=options)
    audio, samples = decoded(cut(path, 0.6))
    assert codes(audio)[0] is WarningCode.TRUNCATED_INPUT
    assert RATE < len(samples) < 4 * RATE


@pytest.mark.parametrize("boundary", [44 + 4096 * 60, 44 + 4096 * 60 + 2])
def test_a_cut_wav_is_noticed_wherever_it_is_cut(tmp_path, boundary):
    path = write(tmp_path / "song.wav", tones(5 * RATE), subtype="PCM_16")
    path.write_bytes(path.read_bytes()[:boundary])
    audio, _ = decoded(path)
    assert codes(audio) == [WarningCode.TRUNCATED_INPUT]


def test_a_whole_wav_of_unknown_size_is_not_called_cut(tmp_path):
    path = write(tmp_path / "song.wav", tones(2 * RATE), subtype="PCM_16")
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    audio, _ = decoded(path)
    assert (audio.samples, audio.warnings) == (2 * RATE, [])


def test_a_file_cut_to_less_than_a_second_fails(tmp_path):
    path = cut(mux(tmp_path / "song.mp3", tones(5 * RATE), "libmp3lame", "mp3"), 0.1)
    error = refusal(path)
    assert error.code is ErrorCode.DECODING_FAILED
    assert "cut off" in error.message


def test_an_mp4_without_its_index_says_so(tmp_path):
    path = cut(mux(tmp_path / "song.m4a", tones(5 * RATE), "aac", "mp4"), 0.6)
    error = refusal(path)
    assert error.code is ErrorCode.DECODING_FAILED
    assert "index is missing" in error.message


def test_a_video_without_audio_says_so(tmp_path):
    assert refusal(video_without_audio(tmp_path / "video.mp4")).code is ErrorCode.NO_AUDIO_TRACK


def test_a_long_silent_flac_is_refused_by_its_header(tmp_path):
    path = write(tmp_path / "silence.flac", np.zeros((20 * RATE, 2), np.float32))
    assert path.stat().st_size < 100_000
    assert refusal(path, Limits(max_duration_seconds=10)).code is ErrorCode.AUDIO_TOO_LONG


def test_a_header_that_understates_the_length_does_not_help(tmp_path):
    path = write(tmp_path / "silence.flac", np.zeros((20 * RATE, 2), np.float32))
    content = bytearray(path.read_bytes())
    # STREAMINFO: 36 bits of total samples end at byte 26 of the file; one second is claimed.
    content[21] &= 0xF0
    content[22:26] = RATE.to_bytes(4, "big")
    path.write_bytes(content)
    assert refusal(path, Limits(max_duration_seconds=10)).code is ErrorCode.AUDIO_TOO_LONG


def test_exactly_the_longest_duration_is_accepted(tmp_path):
    path = write(tmp_path / "song.wav", tones(2 * RATE))
    assert decoded(path, Limits(max_duration_seconds=2))[0].samples == 2 * RATE


@pytest.mark.parametrize("samples", [1, 2, 100])
def test_a_very_short_file_is_accepted_with_a_warning(tmp_path, samples):
    audio, _ = decoded(write(tmp_path / "song.wav", tones(samples)))
    assert audio.samples == samples
    assert codes(audio) == [WarningCode.SHORT_INPUT]


def test_one_sample_at_a_high_rate_stays_one_sample(tmp_path):
    audio, _ = decoded(write(tmp_path / "song.wav", tones(1), 192_000))
    assert audio.samples == 1


def test_a_wav_without_samples_is_refused(tmp_path):
    path = write(tmp_path / "song.wav", tones(0))
    assert refusal(path).code is ErrorCode.DECODING_FAILED


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_not_numbers_are_refused(tmp_path, value):
    samples = tones(RATE)
    samples[500, 1] = value
    path = write(tmp_path / "song.wav", samples, subtype="FLOAT")
    assert refusal(path).code is ErrorCode.DECODING_FAILED


def test_tags_are_carried_without_control_characters(tmp_path):
    metadata = {"title": "Söng\n\x00 \u202e'name'", "artist": "A" * 1000, "comment": "not carried"}
    path = mux(tmp_path / "song.flac", tones(RATE), "flac", "flac", metadata={"title": "x"} | metadata)
    audio, _ = decoded(path)
    assert audio.tags["title"].startswith("Söng")
    assert audio.tags["title"].isprintable()
    assert len(audio.tags["artist"]) == 256
    assert "comment" not in audio.tags


@pytest.mark.parametrize(
    ("codec", "container", "rate"),
    [
        ("libopus", "ogg", 48_000),
        ("flac", "ogg", RATE),
        ("libopus", "webm", 48_000),
        ("libmp3lame", "mp3", RATE),
        ("aac", "ipod", RATE),
        ("wmav2", "asf", RATE),
    ],
)
def test_tags_are_found_wherever_a_container_has_them(tmp_path, codec, container, rate):
    metadata = {
        "title": "T",
        "artist": "A",
        "album": "B",
        "album_artist": "C",
        "date": "2026",
        "genre": "Rock",
        "track": "3",
    }
    gain = {"replaygain_track_gain": "-7.0 dB", "REPLAYGAIN_TRACK_PEAK": "0.9"}
    path = mux(tmp_path / "song", tones(RATE), codec, container, rate=rate, metadata=metadata | gain)
    assert decoded(path)[0].tags == metadata


def mp3_with_cover(path, picture, media_type=b"image/png"):
    """An ID3v2.4 tag with a picture of any bytes in front of an MP3."""

    def size(number):
        return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))

    content = b"\3" + media_type + b"\0\3\0" + picture
    frame = b"APIC" + size(len(content)) + b"\0\0" + content
    mux(path, tones(2 * RATE), "libmp3lame", "mp3", options={"id3v2_version": "0"})
    path.write_bytes(b"ID3\4\0\0" + size(len(frame)) + frame + path.read_bytes())
    return path


@pytest.mark.parametrize(
    ("picture", "is_carried"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), True),
        (b"\xff\xd8\xff" + bytes(100), True),
        (b"\xff\xd8\xff" + bytes(MAX_COVER_BYTES - 3), True),
        (b"\xff\xd8\xff" + bytes(MAX_COVER_BYTES - 2), False),
        (b"GIF89a" + bytes(100), False),
        (b"<svg onload=alert(1)>", False),
        (b"", False),
    ],
    ids=["png", "jpeg", "largest", "too large", "gif", "svg", "empty"],
)
def test_a_cover_is_carried_when_it_is_a_bounded_jpeg_or_png(tmp_path, picture, is_carried):
    audio, samples = decoded(mp3_with_cover(tmp_path / "song.mp3", picture))
    assert audio.cover == (picture if is_carried else None)
    assert len(samples) == 2 * RATE
    assert audio.warnings == []


def test_a_cover_survives_the_way_through_the_child(tmp_path):
    picture = b"\xff\xd8\xff" + bytes(range(256)) * 4000
    path = mp3_with_cover(tmp_path / "song.mp3", picture, b"image/jpeg")
    assert decode_file(path, tmp_path / "spool", Limits()).cover == picture


def test_the_pictures_of_a_video_are_no_cover(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(path, "w", format="mp4") as output:
        audio_stream = output.add_stream("aac", rate=RATE, layout="stereo")
        video_stream = output.add_stream("mjpeg", rate=1)
        video_stream.width, video_stream.height, video_stream.pix_fmt = 64, 64, "yuvj420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        output.mux(video_stream.encode(picture))
        output.mux(video_stream.encode(None))
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(tones(2 * RATE).T), format="fltp", layout="stereo"
        )
        frame.sample_rate = RATE
        output.mux(audio_stream.encode(frame))
        output.mux(audio_stream.encode(None))
    assert decoded(path)[0].cover is None


def test_a_cover_picture_is_no_obstacle(tmp_path):
    path = tmp_path / "song.m4a"
    with av.open(path, "w", format="mp4") as output:
        audio_stream = output.add_stream("aac", rate=RATE, layout="stereo")
        video_stream = output.add_stream("mpeg4", rate=1)
        video_stream.width, video_stream.height, video_stream.pix_fmt = 64, 64, "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        output.mux(video_stream.encode(picture))
        output.mux(video_stream.encode(None))
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(tones(RATE).T), format="fltp", layout="stereo"
        )
        frame.sample_rate = RATE
        output.mux(audio_stream.encode(frame))
        output.mux(audio_stream.encode(None))
    assert decoded(path)[0].codec == "aac"


def test_an_mp3_whose_rate_changes_midway_keeps_its_time(tmp_path):
    first = mux(tmp_path / "first.mp3", tones(2 * RATE), "libmp3lame", "mp3", options={"write_xing": "0"})
    second = mux(
        tmp_path / "second.mp3",
        tones(2 * RATE),
        "libmp3lame",
        "mp3",
        rate=48_000,
        options={"write_xing": "0"},
    )
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    audio, _ = decoded(joined)
    assert abs(audio.samples - 4 * RATE) < 8192
