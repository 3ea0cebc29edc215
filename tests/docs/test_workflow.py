"""The workflow that tests this project elsewhere: what can be said of it without a runner, and what it calls."""

import os
import re
import select
import shutil
import signal
import subprocess
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


MAKEFILE = """
.venv/.ready:
	@exit $${READY:-0}
lint:
	@echo lint $$$$ >began; $${HOLD:-true}; exit $${LINT:-0}
test:
	@until [ -s began ]; do :; done; echo ===== 3 passed in 3.21s =====; $${HOLD:-true}; exit $${TEST:-0}
.PHONY: lint test
"""


def run(folder, **environment):
    """Start a copy of `.ci/run` beside a Makefile that does nothing: the process, and a pipe that all of it holds."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
    (folder / "Makefile").write_text(MAKEFILE)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    reads, writes = os.pipe()
    process = subprocess.Popen(
        [folder / ".ci" / "run"],
        env=clean | {"TMPDIR": str(folder)} | environment,
        pass_fds=[writes],
        start_new_session=True,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(writes)
    return process, reads


@pytest.mark.parametrize(
    ("broken", "code"), [({}, 0), ({"LINT": "1"}, 1), ({"TEST": "1"}, 1), ({"READY": "1"}, 2)], ids=str
)
def test_ci_fails_where_anything_fails_and_ends_with_the_closing_line_of_the_tests(tmp_path, broken, code):
    process, reads = run(tmp_path, **broken)
    said = process.communicate(timeout=60)[0]
    os.close(reads)
    assert process.returncode == code, said
    assert ("READY" in broken) or said.endswith("===== 3 passed in 3.21s =====\n")
    assert not list(tmp_path.glob("tmp.*"))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ci_that_is_interrupted_leaves_nothing_running(tmp_path, sent):
    process, reads = run(tmp_path, HOLD="exec sleep 60")
    line = process.stdout.readline()
    os.killpg(process.pid, sent)
    process.communicate(timeout=30)
    ended = select.select([reads], [], [], 30)[0]
    os.close(reads)
    assert (line, ended) == ("===== 3 passed in 3.21s =====\n", [reads])
    assert process.returncode in (128 + sent, -sent)
    assert not list(tmp_path.glob("tmp.*"))
