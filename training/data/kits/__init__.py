"""Drum kits of many kinds behind one interface: draw a kit for a song, then play notes on it part by part."""

from training.data.kits.kit import Kit, KitPool, draw_kit, play_kit
from training.data.kits.parts import KIT_PARTS, KitPart

__all__ = ["KIT_PARTS", "Kit", "KitPart", "KitPool", "draw_kit", "play_kit"]
