"""What the tests with real editors share; `--times N` runs each N times, to find what only sometimes fails."""

import pytest
from support.service import Service


def pytest_addoption(parser):
    parser.addoption("--times", type=int, default=1, help="how often to run each end-to-end test")


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
