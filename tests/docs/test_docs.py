"""The analyst's and the payer's page: their code runs on the demo, in order, and prints what they say it prints.

After a change of an analysis or of the demo, `python tests/docs/test_docs.py` writes the new output into the pages:
read the difference, and the text around it, before committing.
"""

import contextlib
import io
import re
import warnings
from pathlib import Path

import pandas as pd
import pytest

from shortimize_analytics.errors import DataQualityWarning

DOCS = Path(__file__).parents[2] / "docs"
ANALYSES, MONEY = DOCS / "analyses.md", DOCS / "money.md"
SILENT = {ANALYSES: 1, MONEY: 1}
"""Blocks that print nothing: the one that loads, and the one that makes a small organisation."""
BLOCK = re.compile(r"```python\n(?P<code>.*?)```(?:\n\n```text\n(?P<output>.*?)```)?", re.DOTALL)
DISPLAY = ("display.width", 120, "display.max_columns", 20, "display.max_colwidth", 40)


def outputs(page):
    """Run the page's blocks one after the other, as a reader would, and return what each prints."""
    names, printed = {}, []
    with pd.option_context(*DISPLAY), warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DataQualityWarning
        )  # the demo has masked counts on purpose, and loading says so
        for block in BLOCK.finditer(page):
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(block["code"], "docs", "exec"), names)
            printed.append("".join(line.rstrip() + "\n" for line in out.getvalue().splitlines()))
    return printed


@pytest.mark.parametrize("path", [ANALYSES, MONEY], ids=lambda path: path.stem)
def test_every_block_prints_what_the_page_shows(path):
    page = path.read_text(encoding="utf-8")
    shown = [block["output"] or "" for block in BLOCK.finditer(page)]
    assert len(shown) == page.count("```python") >= 14
    assert shown.count("") == SILENT[path]
    assert outputs(page) == shown


def test_every_test_that_the_page_of_faults_names_exists():
    named = set(re.findall(r"\btest_\w+\.py", (DOCS / "faults.md").read_text("utf-8")))
    there = {path.name for path in DOCS.parent.glob("tests/*/test_*.py")}
    assert named
    assert named <= there


def test_every_analysis_is_five_lines_of_code_at_most():
    page = ANALYSES.read_text(encoding="utf-8")
    assert max(len(block["code"].split("\n")) - 1 - block["code"].count("\n\n") for block in BLOCK.finditer(page)) <= 5


def rewrite(path):
    """Put the blocks' real output into the page."""
    page = path.read_text(encoding="utf-8")
    fresh = iter(outputs(page))

    def with_output(block):
        printed = next(fresh)
        return f"```python\n{block['code']}```" + f"\n\n```text\n{printed}```" * bool(printed)

    path.write_text(BLOCK.sub(with_output, page), encoding="utf-8")


if __name__ == "__main__":
    for every in SILENT:
        rewrite(every)
