"""Synthetic multitrack music with true stems: composition, rendering, voices, effects and mixing."""
