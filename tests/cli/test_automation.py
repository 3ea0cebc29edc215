"""The page on scheduled reports: its command lines run on the demo, and other programs read its units and workflow."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from stand_ins import stand_in

from shortimize_analytics.cli.parser import build_parser
from shortimize_analytics.errors import ShortimizeError

PAGE = (Path(__file__).parents[2] / "docs" / "automation.md").read_text(encoding="utf-8")
SCRIPT = Path(sys.executable).with_name("shortimize")


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def everything():
    """Every command line of the page, from whichever block."""
    lines = re.findall(r"shortimize(?:\.exe)? ((?:report|watch|send) [^\n`'&|]*)", PAGE)
    return [line.replace("\\%", "%").strip() for line in lines]


def test_every_command_line_has_options_that_exist():
    lines = everything()
    assert len(lines) >= 14
    assert {line.split()[0] for line in lines} == {"report", "watch", "send"}
    for line in lines:
        options = build_parser().parse_args(shlex.split(line))
        assert options.run


@pytest.fixture
def channel(tmp_path, demo_folder):
    """A channel `team` in the working folder, of which the demo's ledger knows nothing yet; gives what it received."""
    with stand_in((204, b"")) as server:
        path = tmp_path / "delivery.toml"
        text = f'[channels.team]\ntype = "webhook"\nurl = "{server.url}/hook"\n[watch]\nsend = ["team"]\n'
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        yield server
    for record in Path(demo_folder).rglob("deliveries.sqlite"):
        record.unlink()


@pytest.mark.parametrize("line", "".join(blocks("sh")).splitlines())
def test_the_shell_lines_do_what_they_say(line, tmp_path, demo_is_loaded, channel):
    each = "--each" in line  # of some accounts: a minute less than of all
    done = subprocess.run(
        line.replace("shortimize ", f"{SCRIPT} ", 1) + " --demo" + " --platform youtube" * each,
        shell=True, cwd=tmp_path, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [body["kind"] for body in channel.bodies] == (["weekly"] if "--send team" in line else [])
    if "-o " in line:
        target = tmp_path / line.rpartition("-o ")[2]
        assert target.is_file() or len(list(target.glob("*.pdf"))) == 3


def test_the_cron_lines_run_as_cron_would_run_them(tmp_path, demo_is_loaded, channel):
    bin_ = tmp_path / ".venv" / "bin"
    bin_.mkdir(parents=True)
    (bin_ / "shortimize").symlink_to(SCRIPT)
    entries = [line for line in blocks("text")[0].splitlines() if not line.startswith("#")]
    assert len(entries) == 3
    for entry in entries:
        *when, command = entry.split(maxsplit=5)
        assert all(re.fullmatch(r"\*|\d+", field) for field in when)
        assert not re.search(r"(?<!\\)%", command)
        here = command.replace("/srv/shortimize", str(tmp_path)).replace("\\%", "%")
        done = subprocess.run(["/bin/sh", "-c", here + " --demo"], capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("monthly-20??-??.pdf"))) == 1
    assert {path.suffix for path in tmp_path.glob("weekly.*")} == {".pdf", ".xlsx", ".html"}
    assert (tmp_path / "report.log").read_text("utf-8").count("exit code 0") == 2
    assert (tmp_path / "watch.log").read_text("utf-8").count("exit code 0") == 1
    assert [body["kind"] for body in channel.bodies] == ["weekly"]


def test_the_systemd_units_parse(tmp_path):
    units = [f"shortimize-{name}.{kind}" for name in ("report", "watch") for kind in ("service", "timer")]
    for name, text in zip(units, blocks("ini"), strict=True):
        unit = configparser.ConfigParser(strict=True, interpolation=None)
        unit.optionxform = str
        unit.read_string(text)
        here = text.replace("/srv/shortimize/.venv/bin/shortimize", str(SCRIPT))
        (tmp_path / name).write_text(here, encoding="utf-8")
        assert unit["Unit"]["Description"]
    if analyse := shutil.which("systemd-analyze"):
        done = subprocess.run([analyse, "verify", *map(str, tmp_path.iterdir())], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_workflow_parses_and_takes_the_key_from_the_secret_store():
    yaml = pytest.importorskip("yaml", reason="comes with JupyterLab")
    workflows = [yaml.safe_load(text) for text in blocks("yaml")]
    jobs = [workflow["jobs"][name] for workflow, name in zip(workflows, ("report", "watch"), strict=True)]
    for job, line in zip(jobs, ("shortimize report weekly", "shortimize watch"), strict=True):
        assert job["env"]["SHORTIMIZE_API_KEY"] == "${{ secrets.SHORTIMIZE_API_KEY }}"
        runs = [step["run"] for step in job["steps"] if "run" in step]
        assert any(run.startswith(line) and "--send team" in run for run in runs)
    # both write one ledger
    assert len({workflow["concurrency"] for workflow in workflows}) == 1
    assert "--api-key" not in PAGE


def test_what_is_tried_again_is_what_may_go_well_later():
    service = configparser.ConfigParser(strict=True, interpolation=None)
    service.read_string(blocks("ini")[0])
    never = {int(code) for code in service["Service"]["RestartPreventExitStatus"].split()}
    assert never == {1, 2, 3, 5, 6, 7}


def test_the_table_of_exit_codes_is_that_of_the_errors():
    codes = {int(code) for code in re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)}
    todo, found = [ShortimizeError], {0, 1}
    while todo:
        kind = todo.pop()
        found.add(kind.exit_code)
        todo += kind.__subclasses__()
    assert codes == found
