"""The browser, for the tests that want one."""

import browser_lab as browsers
import pytest


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A JupyterLab without a key, shared by a worker's tests."""
    with browsers.jupyter_lab(tmp_path_factory.mktemp("lab")) as started:
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
