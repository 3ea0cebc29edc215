"""`make screenshots`: each tab of the explorer on the demo in both of JupyterLab's themes, as small pictures."""

import io
import os
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from browser_lab import TABS, ExplorerPage, choose_theme, chromium, jupyter_lab, open_notebook, page_of, run_cell
from PIL import Image

from shortimize_analytics.plots.fonts import font_paths

DOCS = Path(__file__).parents[2] / "docs"
LOAD = """import shortimize_analytics as sa
client = sa.connect(demo=True)
videos = sa.load_videos(client)
history = sa.load_history(client, videos)"""
LIMIT = 150_000
"""Bytes of one picture."""


def shrink(png, path):
    """Write a picture in all its colours where it stays small, else in as many of 256 as keep it so."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (None, 256, 128, 64):
        out = io.BytesIO()
        shown = picture.quantize(colours, dither=Image.Dither.NONE) if colours else picture
        shown.save(out, "PNG", optimize=True)
        if out.tell() < LIMIT:
            break
    path.write_bytes(out.getvalue())


def own_fonts(folder):
    """Let Chromium find the package's fonts, so that a machine without emoji or CJK draws them all the same."""
    folders = {path.parent if path.is_file() else path for path in font_paths()}
    system = "<include ignore_missing='yes'>/etc/fonts/fonts.conf</include>"
    text = "".join(f"<dir>{escape(str(one))}</dir>" for one in sorted(folders))
    path = folder / "fonts.conf"
    path.write_text(f"<?xml version='1.0'?><fontconfig>{system}{text}</fontconfig>")
    return os.environ | {"FONTCONFIG_FILE": str(path)}


def main():
    with tempfile.TemporaryDirectory() as home:
        shoot(Path(home) / "lab", own_fonts(Path(home)))


def shoot(home, fonts):
    home.mkdir()
    with (
        jupyter_lab(home) as lab,
        chromium(env=fonts) as browser,
        page_of(browser, width=1500, height=2400) as page,
    ):
        name = lab.write("explorer.ipynb", LOAD, "sa.explore(videos, history, client=client)")
        open_notebook(page, lab, name)
        run_cell(page, 0)
        explorer = ExplorerPage(page, run_cell(page, 1))
        explorer.says("628 of 628")
        for theme, ending in (("JupyterLab Light", ""), ("JupyterLab Dark", "-dark")):
            choose_theme(page, theme)
            for title in TABS:
                tab = explorer.open(title)
                if title == "Videos":
                    tab.locator("tbody tr").nth(2).locator("td").nth(2).click()
                    tab.locator(".sa-video-detail img.sa-picture").wait_for()
                page.mouse.move(5, 5)
                page.wait_for_timeout(500)
                shrink(explorer.box.screenshot(), DOCS / f"explorer-{title.lower().split()[-1]}{ending}.png")


if __name__ == "__main__":
    main()
