"""What the tests with real editors share; `--times N` runs each N times, to find what only sometimes fails."""

from pathlib import Path

import pytest
from support.service import Service


def pytest_addoption(parser):
    parser.addoption("--times", type=int, default=1, help="how often to run each end-to-end test")


def pytest_collection_modifyitems(items):
    # An editor on a busy machine takes its time; whatever hangs is found by the waits inside.
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(300))


def pytest_generate_tests(metafunc):
    # The option is not there when a folder above is what pytest was started with.
    times = metafunc.config.getoption("times", 1)
    if times > 1:
        metafunc.fixturenames.append("turn")
        metafunc.parametrize("turn", range(times))


@pytest.fixture
def service(workspace):
    """The leaking service, live, built from the workspace's sources."""
    running = Service(workspace.root)
    try:
        running.start()
        yield running
    finally:
        running.stop()
