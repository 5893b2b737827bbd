"""What all tests share: where things are, and a client that speaks to the installed server."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.client import Client  # noqa: E402  (the path must be there first)
from support.workspace import Workspace  # noqa: E402


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """A copy of the leaking service, its profiles beside it."""
    return Workspace.copy(ROOT / "fixtures" / "leaky", tmp_path / "ws")


@pytest.fixture
def client():
    """A server of its own over stdio, ended after the test."""
    with Client() as running:
        yield running
