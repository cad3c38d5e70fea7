"""Recipes that produce the bundled separation models: data synthesis, training, evaluation and export."""
