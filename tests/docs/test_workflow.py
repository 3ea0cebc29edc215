"""The workflow that tests this project elsewhere: what can be said of it without a runner."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def workflow():
    yaml = pytest.importorskip("yaml", reason="comes with JupyterLab")
    return yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))


def steps(workflow, name):
    return [step[name] for job in workflow["jobs"].values() for step in job["steps"] if name in step]


def test_it_may_read_and_nothing_else_and_takes_only_the_platforms_own_actions(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in steps(workflow, "uses"))
    assert "secrets." not in str(workflow)


def test_every_job_runs_each_python_and_linux_the_whole_of_ci(workflow):
    versions = {tuple(job["strategy"]["matrix"]["python"]) for job in workflow["jobs"].values()}
    assert versions == {("3.11", "3.12", "3.13", "3.14")}
    assert workflow["jobs"]["linux"]["steps"][-1] == {"run": ".ci/run"}
    assert set(workflow["jobs"]["others"]["strategy"]["matrix"]["system"]) == {"macos-latest", "windows-latest"}


def test_what_it_runs_is_there(workflow):
    named = re.findall(r"\.ci/\w+|[\w.]+\.lock", " ".join(steps(workflow, "run")))
    assert named == [".ci/run", "requirements.lock"]
    assert all((ROOT / name).is_file() for name in named)
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100
