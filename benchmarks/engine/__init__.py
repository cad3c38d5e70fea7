"""The separation engine against the `demucs` command, on the same machine, weights and song."""
