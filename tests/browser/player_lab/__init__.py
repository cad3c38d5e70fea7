"""A page that plays with the engine of the player alone, to measure what it does in a real browser."""
