"""What runs on the inference endpoint."""
