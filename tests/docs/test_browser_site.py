"""The site as a reader opens it: without a network, in both themes and at any width."""

import fcntl
import os
import re
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser_lab import page_of
from page_checks import serious

import shortimize_analytics as sa

ROOT = Path(__file__).parents[2]
PAGES = ["index", "README", "docs/gallery", "notebooks/01_start", "reference/analysis.outliers", "schema", "search"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site's pages, with one of the notebooks run; the first worker that asks makes it for all."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            build(folder)
    return folder / "html"


def build(folder):
    command = [sys.executable, ROOT / "docs" / "site" / "build.py", folder, "--notebook", "01_start"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def address(site):
    """Where the pages are served: axe-core asks for their style sheets, which a page from disk may not."""
    handler = partial(QuietHandler, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.mark.parametrize(("scheme", "width"), [("light", 400), ("dark", 1400)])
def test_its_pages_can_be_read_by_everybody_at_any_width(chromium, address, scheme, width):
    with page_of(chromium, width=width, height=900) as page:
        page.emulate_media(color_scheme=scheme)
        for name in PAGES:
            page.goto(f"{address}/{name}.html")
            assert serious(page) == [], name
            for other in (400, 900, 1400):
                page.set_viewport_size({"width": other, "height": 900})
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, other)
            page.set_viewport_size({"width": width, "height": 900})
        assert (page.complaints, page.foreign) == ([], [])


def test_the_first_page_shows_the_explorer_and_the_report_before_any_text(chromium, site):
    with page_of(chromium, width=1400, height=900) as page:
        page.goto((site / "index.html").as_uri())
        article = page.locator("article")
        boxes = [one.bounding_box() for one in article.locator("img:visible").all()]
        first = article.locator("p").filter(visible=True, has_text="Shortimize").first.bounding_box()
        assert len(boxes) == 2
        assert all(box["y"] < 300 and box["width"] > 200 and box["y"] + box["height"] < first["y"] for box in boxes)


def test_no_page_asks_the_network_for_anything(site):
    needed = re.compile(
        r"<(?:script|img|iframe|source)\b[^>]*\bsrc(?:set)?=\"(?:https?:)?//|<link\b[^>]*href=\"https?://"
    )
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    assert [path.name for path in pages if needed.search(path.read_text("utf-8"))] == []
    assert not [path.name for path in site.rglob("*.css") if re.search(r"url\(['\"]?https?:|@import", path.read_text())]


def test_every_public_name_every_column_and_every_plot_stands_in_it(site):
    reference = "".join(path.read_text("utf-8") for path in (site / "reference").glob("*.html"))
    objects = set(re.findall(r'id="shortimize_analytics\.(?:explorer\.explorer\.)?([\w.]+)"', reference))
    assert set(sa.__all__) - {"errors", "scale", "schema"} <= {name.removeprefix("errors.") for name in objects}
    tables = (site / "schema.html").read_text("utf-8")
    columns = {column.name for table in sa.schema.TABLES.values() for column in table}
    assert {name for name in columns if f">{name}<" not in tables} == set()
    gallery = (site / "docs" / "gallery.html").read_text("utf-8")
    plots = [name for name in sa.__all__ if name.startswith("plot_")]
    assert [gallery.count(f">{name}<") for name in plots] == [1] * len(plots)
    assert gallery.count("<img ") == len(plots)
