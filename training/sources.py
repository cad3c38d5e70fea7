"""The stems every recipe in this package works with, and the audio format they share."""

from typing import Final

SOURCES: Final = ("drums", "bass", "other", "vocals")
"""Order of the stems in every array and in the exported model."""

PERCUSSION: Final = "percussion"
"""What a kit has beside the parts a model separates; songs without it simply have none."""

SAMPLE_RATE: Final = 44_100
"""Sampling rate in Hz."""

CHANNELS: Final = 2
"""Stereo, left first."""
