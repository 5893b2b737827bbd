"""A small Go module for the tests of the analysis."""

from functools import partial

import pytest
from support.goroutines import write


@pytest.fixture
def go(tmp_path):
    """Writes a module of package main with one file and gives it back."""
    return partial(write, tmp_path)
