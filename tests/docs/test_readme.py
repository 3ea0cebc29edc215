"""The README's first screen does what it says."""

import argparse
import contextlib
import io
import re
import warnings
from pathlib import Path

from shortimize_analytics.cli.parser import build_parser

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_six_lines_print_the_frame_shown():
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    shown = re.search(r"```text\n(.*?)```", README, re.DOTALL).group(1)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the demo's masked videos
        exec(code, {})
    assert printed.getvalue() == shown


def test_every_file_and_folder_it_names_exists():
    root = Path(__file__).parents[2]
    named = re.findall(r"[`(]((?:docs|data|notebooks|benchmarks)/[\w./-]+)[`)]", README)
    assert named
    assert [name for name in named if not (root / name).exists()] == []


def test_every_make_target_it_names_exists():
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{target}:" in makefile for target in re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))


def test_every_command_and_what_each_can_do_stands_in_its_table():
    table = "\n".join(row.split("|")[1] for row in README.splitlines() if row.startswith("| `"))
    missing = []
    for name, command in _choices(build_parser()).items():
        missing += [one for one in (name, *_choices(command)) if not re.search(rf"\b{one}\b", table)]
    assert missing == []


def _choices(parser):
    """Commands under a parser, by name."""
    found = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return found[0] if found else {}
