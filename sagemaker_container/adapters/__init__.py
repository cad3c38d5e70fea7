"""One module per AWS service."""
