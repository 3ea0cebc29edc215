"""Every test runs without a key, without a network beyond this machine, and in folders of its own."""

import ipaddress
import os
import socket
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("project", deadline=None)  # two busy cores: time says nothing about correctness
hypothesis.settings.load_profile("project")
os.environ["MPLBACKEND"] = "Agg"
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # the workers fill the cores: more threads only wait for each other, busily
FOR_TESTS = {"SHORTIMIZE_REAL_DATA", "SHORTIMIZE_CHROMIUM"}
KEEP = pytest.StashKey[tempfile.TemporaryDirectory]()


def pytest_configure(config):
    """Give the notebooks, which no fixture reaches, an environment of their own too."""
    for name in {name for name in os.environ if name.startswith("SHORTIMIZE_")} - FOR_TESTS:
        del os.environ[name]
    config.stash[KEEP] = tempfile.TemporaryDirectory(prefix="shortimize-tests-")
    os.environ["SHORTIMIZE_DATA_DIR"] = config.stash[KEEP].name


def pytest_unconfigure(config):
    """Delete what the notebooks kept."""
    config.stash[KEEP].cleanup()


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Keep the developer's key, .env, cache and archive out of the tests."""
    monkeypatch.setenv("SHORTIMIZE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def figures_closed():
    """Close the figures that an example or a test drew: matplotlib warns of more than twenty."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(autouse=True, scope="session")
def loopback_only():
    """Refuse any connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = address[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to reach {host}")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session")
def real_data():
    """Folder of the real YouTube data, which is not part of the project."""
    folder = os.environ.get("SHORTIMIZE_REAL_DATA")
    if not folder:
        pytest.skip("SHORTIMIZE_REAL_DATA is not set: the real data is not part of the project")
    return Path(folder)


@pytest.fixture
def simulator():
    """Serve an organisation (the demo) over a real socket: `with simulator(faults=[…]) as server: server.base_url`."""
    from played_faults import fault

    from shortimize_analytics.simulator import Service, demo_organisation, serve

    def start(*, organisation=None, faults=(), **options):
        options = {"limit_requests": False, "faults": map(fault, faults)} | options
        service = Service(organisation or demo_organisation(), **options)
        return serve(service)

    return start
