"""Does every check notice what it is there for? `python -m infra.mutations` tells."""
