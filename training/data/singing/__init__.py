"""Sung, rapped and spoken vocal stems: the voices of speech engines, sung by a vocoder."""

from training.data.singing.arrangement import perform
from training.data.singing.performance import Performance, VoicePool, draw_performance

__all__ = ["Performance", "VoicePool", "draw_performance", "perform"]
