"""What an operator does with a deployed stack, and before there is one: ``python -m infra.ops``."""
