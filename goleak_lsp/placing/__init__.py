"""Where a stack of a profile stands in today's source."""
