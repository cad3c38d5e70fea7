"""Separation with memory that does not grow with the song."""
