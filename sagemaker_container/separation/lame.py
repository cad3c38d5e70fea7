"""LAME, set up the one way in which this service uses it: constant bit rate, stereo, no messages."""

import lameenc

from contract.audio import CHANNELS

# What LAME multiplies its input by at constant bit rates (measured; 1 where it is not listed).
_INTERNAL_GAINS = {128: 0.95, 160: 0.95, 192: 0.97, 224: 0.98}


def open_encoder(bitrate_kbps: int, sample_rate_hz: int, quality: int) -> lameenc.Encoder:
    """An encoder of interleaved 16-bit samples.

    Args:
        bitrate_kbps: constant rate.
        sample_rate_hz: of the samples and of the file.
        quality: 0 (slowest) to 9 (fastest); 5 is twice and 7 four times as fast as LAME's default.
    """
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(bitrate_kbps)
    encoder.set_in_sample_rate(sample_rate_hz)
    encoder.set_out_sample_rate(sample_rate_hz)
    encoder.set_channels(CHANNELS)
    encoder.set_quality(quality)
    encoder.silence()
    return encoder


def internal_gain(bitrate_kbps: int) -> float:
    """Factor that LAME puts on all samples at this rate; whoever wants their level kept divides by it."""
    return _INTERNAL_GAINS.get(bitrate_kbps, 1.0)
