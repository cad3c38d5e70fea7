"""Tests of the training recipes and of the models they produce."""
