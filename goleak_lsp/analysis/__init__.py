"""Observations of processes become findings: what blocks, where, and on what evidence."""
