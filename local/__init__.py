"""The whole service on one machine: the real templates, handlers and container around a local AWS."""
