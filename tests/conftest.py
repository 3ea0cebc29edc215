"""A standing clock, served organisations, and the browser, for the tests that want them."""

import gc
import shutil
import sys
from dataclasses import replace

import browser_lab as browsers
import matplotlib.pyplot as plt
import pandas as pd
import pytest
import requests
from organisations import AS_OF, connect, load_both, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.cli import main
from shortimize_analytics.plots import fonts
from shortimize_analytics.simulator import demo_organisation

SPREAD = [f"account-{number}" for number in range(25)]


def pytest_collection_finish():
    """Let the garbage collector pass over the thousands of tests that a worker holds: they live as long as it does."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def now(monkeypatch):
    """Let the client's clock stand where the small organisation's does, and wait milliseconds between tries."""
    monkeypatch.setenv("SHORTIMIZE_NOW", AS_OF.isoformat())
    monkeypatch.setattr("shortimize_analytics.client.transport.BACKOFF_SECONDS", 0.001)


@pytest.fixture
def loaded(simulator, now):
    """Serve 25 videos of 25 accounts whose history is in the archive: (server, profile folder)."""
    with simulator(organisation=small_organisation(25, linked_account_id=SPREAD)) as server:
        with connect(server) as client:
            load_both(client)
            folder = client.storage
        server.log.clear()
        yield server, folder


@pytest.fixture(scope="session")
def demo():
    """The built-in organisation; nobody changes it."""
    return demo_organisation()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """One data folder with the whole demo in it, for tests that only read."""
    folder = str(tmp_path_factory.mktemp("demo"))
    assert main(["history", "--demo", "--quiet", "--data-dir", folder, "-o", f"{folder}/history.parquet"]) == 0
    return folder


@pytest.fixture
def demo_is_loaded(demo_folder, monkeypatch):
    """Commands that name no data folder find the demo loaded: asking for it anew takes longer than what is tested."""
    monkeypatch.setenv("SHORTIMIZE_DATA_DIR", demo_folder)


@pytest.fixture(scope="session")
def demo_frames(demo_folder):
    """The videos and the history of the demo, as its users load them."""
    with sa.connect(demo=True, data_dir=demo_folder) as client:
        with pytest.warns(sa.DataQualityWarning):
            videos = sa.load_videos(client)
        return videos, sa.load_history(client, videos)


@pytest.fixture(scope="module")
def tries(request):
    """Count the loads that were made under a fault, and their requests; print both at the end."""
    made = {"loads": 0, "requests": 0}
    yield made
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        sys.stderr.write(f"\nfaults: tries={made['loads']} requests={made['requests']} (this worker)\n")


@pytest.fixture
def only_dejavu(monkeypatch):
    """A machine on which none of the optional font packages is installed."""
    absent = tuple(replace(font, module=f"{font.module}_absent") for font in fonts.FONTS)
    monkeypatch.setattr(fonts, "FONTS", absent)
    monkeypatch.setattr(fonts, "_other_fonts", tuple)
    monkeypatch.setenv("MPL_IGNORE_SYSTEM_FONTS", "1")
    caches = (fonts._installed, fonts._drawn_as)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def explorer(demo):
    return sa.explore(demo.videos, demo.history)


@pytest.fixture
def plain(demo):
    """An explorer without history: its overview is drawn in a blink."""
    return sa.explore(demo.videos)


@pytest.fixture
def no_figure_stays_open():
    before = plt.get_fignums()
    yield
    assert plt.get_fignums() == before


@pytest.fixture
def real_frames(real_data):
    """The real videos and their history, with days as the loaders give them."""
    videos, history = (pd.read_parquet(real_data / name) for name in ("videos.parquet", "history.parquet"))
    videos["uploaded_at"] = pd.to_datetime(videos["uploaded_at"]).astype("datetime64[us]")
    history["date"] = pd.to_datetime(history["date"]).astype("datetime64[us]")
    return videos, history


@pytest.fixture
def ask(simulator, demo):
    """Ask a served demo: `ask(path, params, **service options)`."""
    opened = []

    def call(path, params=None, *, method="GET", json=None, key="k", organisation=None, **options):
        if options or organisation or not opened:
            opened.append(simulator(organisation=organisation or demo, **options))
            call.server = opened[-1].__enter__()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return requests.request(
            method, call.server.base_url + path, params=params, json=json, headers=headers, timeout=10,
            allow_redirects=False,
        )  # fmt: skip

    yield call
    for server in opened:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def lab(tmp_path_factory, demo_folder):
    """A JupyterLab without a key, shared by a worker's tests; the demo was loaded before."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(demo_folder, home / "shortimize")
    with browsers.jupyter_lab(home) as started:
        yield started


@pytest.fixture(scope="module")
def chromium():
    """A Chromium; its driver's event loop would be in the way of other modules' loops, so it ends with the module."""
    browsers.require_chromium()
    with browsers.chromium() as started:
        yield started


@pytest.fixture
def page(chromium):
    """A fresh page; whatever is tested, it must reach nothing beyond this machine and log no error."""
    with browsers.page_of(chromium) as opened:
        yield opened
        assert opened.foreign == []
        assert "\n".join(opened.complaints) == ""
