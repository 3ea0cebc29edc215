#!/usr/bin/env python3
"""Build the site: `build.py OUT` makes all, `build.py OUT --check` only looks for what is broken.

The pages are README, CHANGELOG and their like, `docs/` and the notebooks, laid out as in the repository, so that every
link holds in both. The reference is written from the list of public names, the tables from the schema. A warning is an
error, and no page asks the network for anything.

A check runs no code and writes no page.
"""

import argparse
import ast
import inspect
import logging
import os
import shutil
import sys
from collections import defaultdict
from pathlib import Path

from sphinx.cmd.build import main as sphinx

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import shortimize_analytics as sa  # noqa: E402
from shortimize_analytics import schema  # noqa: E402
from shortimize_analytics.cli import main as shortimize  # noqa: E402

PAGES = ("*.md", "docs/*.md", "docs/*.png", "docs/plots/*.png")
ROOMS = {
    "client": "Connect",
    "loading": "Load and track",
    "analysis.prepare": "Prepare and check",
    "analysis.filters": "Choose videos",
    "analysis.growth": "Growth",
    "analysis.outliers": "Outliers",
    "analysis.forecast": "Forecasts",
    "analysis.comparisons": "Labels and groups compared",
    "analysis.periods": "Periods",
    "analysis.money": "Money",
    "plots": "Plots",
    "explorer": "Explore",
    "report": "Report",
    "delivery": "Send and watch",
    "store": "What is kept",
    "scale": "Past one machine",
    "errors": "Errors and warnings",
}
"""Pages of the reference, in the order of the work. A public name of another room is an error until it has a page."""
SAME_PAGE = {"analysis.prepared": "analysis.prepare", "analysis.quality": "analysis.prepare"}


def public_names():
    """Return the public names of each room, from the package's one list of them."""
    rooms = defaultdict(list)
    tree = ast.parse((ROOT / "shortimize_analytics" / "__init__.pyi").read_text("utf-8"))
    for line in tree.body:
        if isinstance(line, ast.ImportFrom) and line.module:
            first, *rest = line.module.split(".")
            room = ".".join([first, *rest[:1]]) if first == "analysis" else first
            rooms[SAME_PAGE.get(room, room)] += [f"{sa.__name__}.{alias.name}" for alias in line.names]
    rooms["loading"].sort(key=lambda name: "connect" not in name)
    rooms["explorer"].append("shortimize_analytics.explorer.explorer.Explorer")
    rooms["scale"] = [f"shortimize_analytics.scale.{name}" for name in sa.scale.__all__]
    rooms["errors"] = [
        f"shortimize_analytics.errors.{name}"
        for name, found in vars(sa.errors).items()
        if getattr(found, "__module__", "") == sa.errors.__name__ and not name.startswith("_")
    ]
    return rooms


def find(name):
    """Return what a public name stands for."""
    module, _, last = name.rpartition(".")
    return getattr(sys.modules[module], last)


def write_reference(folder):
    """Write a page for each room, with every public name of it."""
    rooms = public_names()
    if unknown := set(rooms) - set(ROOMS):
        raise SystemExit(f"docs: give {', '.join(sorted(unknown))} a page in ROOMS of {Path(__file__).name}")
    listed = "\n".join(f"reference/{room}" for room in ROOMS)
    write(folder.parent / "reference.md", f"# Reference\n\n```{{toctree}}\n:maxdepth: 2\n{listed}\nschema\n```\n")
    for room, title in ROOMS.items():
        parts = [f"# {title}\n"]
        for name in rooms[room]:
            kind = "autoclass" if inspect.isclass(find(name)) else "autofunction"
            members = "\n   :members:" if kind == "autoclass" else ""
            parts.append(f"## {name.rpartition('.')[2]}\n\n```{{eval-rst}}\n.. {kind}:: {name}{members}\n```\n")
        write(folder / f"{room}.md", "\n".join(parts))


def write_schema(path):
    """Write every table of the package with its columns."""
    parts = ["# Tables\n", "Every frame's columns, with dtype, unit and meaning: `schema.TABLES` holds the same.\n"]
    for table in schema.TABLES.values():
        parts.append(
            f"## {table.name}\n\nOne row is {table.row}.\n\n| column | dtype | unit | meaning |\n|---|---|---|---|"
        )
        parts += [f"| `{one.name}` | {one.kind} | {cell(one.unit)} | {cell(one.meaning)} |" for one in table]
        parts.append("")
    write(path, "\n".join(parts))


def cell(text):
    """Write text into a cell of a table."""
    for sign in "\\|<*_":
        text = text.replace(sign, "\\" + sign)
    return text


def write(path, text):
    """Write a page, and its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def lay_out(source, notebook):
    """Copy what is read, and write what is made of the code: nothing that lies about, and no `.env`."""
    for pattern in (*PAGES, f"notebooks/{notebook}.ipynb"):
        for path in ROOT.glob(pattern):
            target = source / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    shutil.copy2(ROOT / "docs" / "site" / "index.md", source / "index.md")
    write_reference(source / "reference")
    write_schema(source / "schema.md")


def write_examples(folder):
    """Write what the first page leads to: the explorer and the report of the demo."""
    folder.mkdir(parents=True)
    shortimize(["explore", "--demo", "--quiet", "--html", str(folder / "explorer.html")])
    shortimize(["report", "weekly", "--demo", "--quiet", "-o", str(folder / "report.pdf")])


def use_the_demo_alone(folder):
    """Let no key, setting or profile of this machine reach a page, and no progress; go where no `.env` lies."""
    for name in [name for name in os.environ if name.startswith(("SHORTIMIZE_", "MPL"))]:
        del os.environ[name]
    profile = folder / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    # each kernel warns that it listens on loopback
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n", "utf-8")
    os.environ |= {
        "IPYTHONDIR": str(profile.parent),
        "TQDM_DISABLE": "1",
        "SHORTIMIZE_DATA_DIR": str(folder / "data"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    logging.getLogger("traitlets").setLevel(logging.WARNING)
    os.chdir(folder)


def main():
    """Build, and return 1 if anything is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, help="folder of the site: html/index.html in it is the first page")
    parser.add_argument("--check", action="store_true", help="run no code, write no page")
    parser.add_argument("--notebook", default="[0-9][0-9]_*", help="this one alone, and no example to open")
    args = parser.parse_args()
    out = args.out.absolute()
    shutil.rmtree(out, ignore_errors=True)  # what was made by other code is never shown again
    lay_out(out / "source", args.notebook)
    use_the_demo_alone(out)
    options = ["-Dnb_execution_mode=off"] if args.check else []
    if not args.check and args.notebook == parser.get_default("notebook"):
        write_examples(out / "html" / "demo")
    builder = "dummy" if args.check else "html"
    arguments = ["-q", "-W", "-b", builder, "-c", str(ROOT / "docs" / "site"), "-d", str(out / "read")]
    return sphinx([*arguments, *options, str(out / "source"), str(out / "html")])


if __name__ == "__main__":
    sys.exit(main())
