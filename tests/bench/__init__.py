"""Measurements that are run by hand: each prints a table."""
