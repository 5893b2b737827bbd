"""Findings as plain values: diagnostics, lenses, hints, hovers, actions, reports."""
