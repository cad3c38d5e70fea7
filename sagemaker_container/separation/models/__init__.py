"""Separation models of our own."""
