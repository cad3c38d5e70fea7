"""Training a bundled model further on somebody's own multitracks: what `stems train` runs."""
