"""What is published: the wheel alone, with what it declares and nothing else, and the sdist with its tests."""

import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import shortimize_analytics as sa

ROOT = Path(__file__).parents[2]
NAME = f"shortimize_analytics-{sa.__version__}"
# Debian 12 has Python 3.11.2, whose tarfile knows no filter yet; later ones warn without
SAFELY = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
SOME_TESTS = ["tests/schema/test_schema.py", "tests/docs/test_readme.py", "shortimize_analytics/schema/links.py"]
EVERY_MODULE = """
import importlib, pkgutil, shortimize_analytics as sa
modules = [found.name for found in pkgutil.walk_packages(sa.__path__, "shortimize_analytics.")]
for name in modules:
    importlib.import_module(name)
with sa.connect(demo=True) as client:
    print(len(modules), client.source)
"""


def build(root, folder):
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def unpacked(built, tmp_path_factory):
    """The folder that the sdist unpacks to."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(built / f"{NAME}.tar.gz") as archive:
        archive.extractall(folder, **SAFELY)
    return folder / NAME


def wheel(folder):
    with zipfile.ZipFile(folder / f"{NAME}-py3-none-any.whl") as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def test_the_wheel_holds_the_package_and_its_data_and_no_answers_to_the_demo(built):
    names = set(wheel(built))
    package = {
        str(path.relative_to(ROOT).as_posix())
        for path in (ROOT / "shortimize_analytics").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"__init__.pyi", "py.typed", "report/report.typ"} <= {name.partition("/")[2] for name in package}
    demo = {"videos.parquet", "history.parquet", "quirks.json", "collections.json", "accounts.json"}
    added = {f"shortimize_analytics/simulator/_demo/{name}" for name in demo}
    added |= {f"shortimize_analytics/cli/_notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    money = {path.relative_to(ROOT / "data" / "demo").as_posix() for path in (ROOT / "data/demo/money").rglob("*.*")}
    added |= {f"shortimize_analytics/simulator/_demo/{name}" for name in money if Path(name).suffix}
    assert len(added) == 5 + 6 + 11
    assert {name for name in names if ".dist-info/" not in name} == package | added


def test_the_sdist_holds_every_file_of_the_project_and_nothing_that_lies_about(unpacked):
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert {"conftest.py", "data/demo/truth.json", "requirements.lock", ".ci/setup"} <= names
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout: git cannot tell which files are the project's")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    kept = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    assert kept - names == set()
    assert {name.partition("/")[0] for name in names - kept} <= {"PKG-INFO", *(name.partition("/")[0] for name in kept)}


def test_the_wheel_that_an_sdist_builds_is_the_same(built, unpacked, tmp_path):
    build(unpacked, tmp_path)
    assert wheel(tmp_path) == wheel(built)


def test_the_tests_of_the_sdist_run_in_it(unpacked):
    """A few that read the files beside the package, and a doctest: they need conftest.py and the helpers."""
    few = ["-k", "empty_frame or it_names_exists or read_link"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", *few, *SOME_TESTS],
        cwd=unpacked,
        capture_output=True,
        check=False,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        | {"PYTHONPATH": str(unpacked)},
    )
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout).group(1)) > 10


def declared(requirements):
    """Find the installed distributions that requirements bring, with all that those bring in turn."""
    found, waiting = {}, [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        package = distribution(requirement.name)
        for asked in {"", *requirement.extras}:
            if (package.name, asked) not in found:
                found[package.name, asked] = package
                waiting += [(Requirement(text), asked) for text in package.requires or []]
    return {name: package for (name, _), package in found.items()}


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """A new environment with the wheel and what it declares, linked to instead of loaded again; gives its Python."""
    if os.name != "posix":
        pytest.skip("links need a right that Windows does not give everyone")
    folder = tmp_path_factory.mktemp("new")
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(built / f"{NAME}-py3-none-any.whl") as archive:
        archive.extractall(site)
    (ours,) = distributions(path=[str(site)])
    packages = declared(ours.requires)
    assert "pandas" in packages
    assert not {"voila", "jupyterlab", "pytest", "hypothesis"} & packages.keys()
    for package in packages.values():
        for name in {file.parts[0] for file in package.files} - {"..", "__pycache__"}:
            if not (site / name).exists():
                (site / name).symlink_to(package.locate_file(name))
    return folder / "bin" / "python"


def run(python, *arguments):
    """Run a new environment's Python where nothing of this one shows."""
    return subprocess.run([python, "-I", *arguments], capture_output=True, check=False, text=True)


def test_every_module_can_be_imported_with_what_is_declared(installed):
    done = run(installed, "-c", EVERY_MODULE)
    assert done.returncode == 0, done.stderr
    number, source = done.stdout.split(maxsplit=1)
    assert int(number) > 100
    assert source == "Demo organisation\n"


def test_the_installed_wheel_writes_the_report_of_the_demo_in_another_language(installed, tmp_path):
    command = ["-m", "shortimize_analytics", "report", "weekly", "--demo", "--locale", "de_DE"]
    done = run(installed, *command, "-o", str(tmp_path / "report.pdf"))
    assert done.returncode == 0, done.stderr
    assert "Mio. neue Aufrufe" in done.stdout
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_installed_wheel_copies_its_notebooks_and_names_the_extras_it_lacks(installed, tmp_path):
    done = run(installed, "-m", "shortimize_analytics", "notebooks", str(tmp_path / "mine"))
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "mine").glob("*.ipynb"))) == 6
    assert 'pip install "shortimize-analytics[lab]"' in done.stderr
    done = run(installed, "-m", "shortimize_analytics", "app", "--demo")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "shortimize: the page needs voila and ipykernel, not installed here; run: pip install"
    )
