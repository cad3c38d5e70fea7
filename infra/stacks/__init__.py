"""Stacks: each is a unit of deployment and deletion, and only wires constructs."""
