"""Separation of a song into stems, usable as a plain library."""
