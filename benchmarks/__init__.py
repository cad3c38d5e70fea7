"""Measurements, one command per question; results lie in ``benchmarks/results``."""
