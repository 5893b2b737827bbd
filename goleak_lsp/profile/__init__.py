"""Bytes to frozen profile values: one model, one module a format."""
