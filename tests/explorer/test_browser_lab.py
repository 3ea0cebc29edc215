"""The notebooks' world: widgets work in a JupyterLab of this machine, with nothing from elsewhere."""

import shutil
import subprocess
import sys
from pathlib import Path

import browser_lab
import nbclient
import nbformat
import pytest
from browser_lab import ExplorerPage, environment, open_notebook, run_cell

FINDER = Path(__file__).parents[2] / ".ci" / "browser"
START = Path(__file__).parents[2] / "notebooks" / "01_start.ipynb"


def test_a_widget_of_a_fresh_kernel_answers_in_the_browser(lab, page):
    name = lab.write(
        "try.ipynb",
        "import ipywidgets as w\nbox = w.Text(description='name')\nsaid = w.HTML()\n"
        "box.observe(lambda change: setattr(said, 'value', 'hello ' + change['new']), 'value')\nw.VBox([box, said])",
    )
    open_notebook(page, lab, name)
    output = run_cell(page, 0)
    output.get_by_label("name").fill("world")
    output.get_by_text("hello world").wait_for()


def test_the_first_notebook_shows_every_picture_and_the_explorer(lab, page):
    shutil.copy(START, lab.folder)
    cells = [cell.source for cell in nbformat.read(START, 4).cells if cell.cell_type == "code"]
    open_notebook(page, lab, START.name)
    for index, source in enumerate(cells):
        output = run_cell(page, index)
        assert output.locator(".jp-OutputArea-output[data-mime-type*='error']").count() == 0
        if "sa.plot_" in source:
            output.locator(".jp-RenderedImage img").wait_for()
        if "sa.explore(" in source:
            ExplorerPage(page, output).says("628 of 628 videos")
    assert sum("sa.plot_" in source for source in cells) >= 3


SMALL = """import shortimize_analytics as sa
from shortimize_analytics.simulator import demo_organisation
sa.explore(demo_organisation().videos.head(40))"""


def test_an_executed_notebook_shows_a_picture_until_it_is_trusted_or_run(lab, page, monkeypatch):
    for name, value in environment(lab.folder.parent).items():
        monkeypatch.setenv(name, value)
    path = lab.folder / lab.write("executed.ipynb", SMALL)
    done = nbclient.NotebookClient(nbformat.read(path, 4)).execute()
    nbformat.write(done, path)
    (output,) = done.cells[0].outputs
    assert output["data"]["text/plain"].startswith("Explorer of 40 of 40 videos.")
    assert "updating" not in str(done.metadata["widgets"])
    open_notebook(page, lab, path.name)
    page.locator(".jp-RenderedImage img").wait_for()
    ExplorerPage(page, run_cell(page, 0)).says("40 of 40 videos")


def test_notebook_7_shows_the_explorer_and_connects_it(lab, page):
    name = lab.write("seven.ipynb", SMALL)
    page.goto(lab.url(name, at="notebooks/{name}?"))
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    explorer = ExplorerPage(page, run_cell(page, 0))
    explorer.says("40 of 40 videos")
    explorer.box.and_(page.locator(".sa-live")).wait_for()
    assert explorer.box.locator(".sa-saved").is_hidden()
    # a parent that is as wide as what it holds once left it no width at all
    explorer.box.evaluate("e => Object.assign(e.parentElement.style, {display: 'inline-block', width: 'max-content'})")
    assert explorer.box.bounding_box()["width"] > 400
    page.complaints.clear()  # Notebook 7 complains of two commands that only JupyterLab has


@pytest.mark.parametrize(("missing", "answer"), [("find_chromium", None), ("driver_starts", False)])
def test_without_a_browser_ci_fails_and_others_skip_with_the_line_to_run(monkeypatch, missing, answer):
    monkeypatch.setattr(browser_lab, missing, lambda: answer)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="sudo apt-get install chromium"):
        browser_lab.require_chromium()
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="sudo apt-get install chromium"):
        browser_lab.require_chromium()


def test_make_test_names_the_browser_it_found_or_the_line_to_run(tmp_path):
    def find(**env):
        # an empty PATH: no browser, and no apt-get to install one with
        env = {"PATH": str(tmp_path)} | env
        return subprocess.run(["/bin/sh", FINDER, sys.executable], env=env, capture_output=True, check=False, text=True)

    none = find()
    assert none.returncode == 0
    assert browser_lab.MISSING in none.stderr
    own = tmp_path / "my-browser"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    assert find(SHORTIMIZE_CHROMIUM=str(own)).stdout.strip() == str(own)
