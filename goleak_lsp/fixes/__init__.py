"""Quick fixes, one file each, and their registry."""
