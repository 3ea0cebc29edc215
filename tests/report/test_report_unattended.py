"""`shortimize report` as cron meets it: other runs, kills, full disks, and the log."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pypdf
import pytest
from command_line import SHORTIMIZE, shortimize
from organisations import AS_OF, KEY
from reports import files_in, first_page_of

from shortimize_analytics.cli import main
from shortimize_analytics.cli.unattended import MAX_BYTES

posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder in which nobody can make a file")
def test_a_place_where_nobody_can_write_is_not_another_runs(capsys):
    assert main(["report", "weekly", "--demo", "-o", "/proc/b.pdf"]) == 6
    assert "cannot write in /proc" in capsys.readouterr().err


@posix
def test_a_second_run_changes_nothing_and_a_killed_one_leaves_no_lock(simulator, demo_folder, tmp_path):
    (tmp_path / "report.pdf").write_bytes(b"last week's")
    environment = {"SHORTIMIZE_API_KEY": KEY, "SHORTIMIZE_NOW": AS_OF.isoformat()}
    with simulator(latency=30) as slow:
        arguments = ["weekly", "--base-url", slow.base_url, "--tier", "unlimited"]
        first = subprocess.Popen(
            [SHORTIMIZE, "report", *arguments], env=os.environ | environment, stderr=subprocess.DEVNULL
        )
        while not (tmp_path / ".report.pdf.lock").exists():
            time.sleep(0.02)
        second = shortimize("report", *arguments, **environment)
        assert second.returncode == 7
        assert second.stderr == "shortimize: another run is writing report.pdf; this one changed nothing\n"
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert (tmp_path / "report.pdf").read_bytes() == b"last week's"
    assert shortimize("report", "weekly", "--demo", "--data-dir", demo_folder).returncode == 0
    assert "16–22 November 2026" in first_page_of(tmp_path / "report.pdf")
    assert not (tmp_path / ".report.pdf.lock").exists()


@posix
def test_killed_at_any_moment_the_last_good_files_stay_whole(demo_folder, tmp_path):
    arguments = [SHORTIMIZE, "report", "weekly", "--demo", "--data-dir", demo_folder, "--also", "json", "--quiet"]
    old = {"report.pdf": b"last week's", "report.json": b"{}"}
    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
    for moment in (1.2, 2.4, 3.2, 4.2):
        with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.kill()
        pdf, document = ((tmp_path / name).read_bytes() for name in old)
        assert pdf == old["report.pdf"] or pypdf.PdfReader(tmp_path / "report.pdf").pages
        assert json.loads(document) == {} or json.loads(document)["schema_version"] == 2
    assert shortimize("report", "weekly", "--demo", "--data-dir", demo_folder).returncode == 0


@posix
def test_killed_between_writing_and_replacing_the_old_files_stay(tmp_path):
    code = """
import os, signal, sys
from pathlib import Path
from shortimize_analytics.store.files import replacing_all
with replacing_all([Path("a.pdf"), Path("a.json")]) as scraps:
    for scrap in scraps:
        scrap.write_text("new")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    for name in ("a.pdf", "a.json"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert [(tmp_path / name).read_text("utf-8") for name in ("a.pdf", "a.json")] == ["old", "old"]
    left = {name for name in files_in(tmp_path) if not name.startswith("a.")}
    assert left
    assert all(name.startswith(".half-written-") for name in left)


@posix
def test_a_polite_kill_leaves_nothing_half_written(simulator, tmp_path):
    environment = {"SHORTIMIZE_API_KEY": KEY, "SHORTIMIZE_NOW": AS_OF.isoformat()}
    with simulator(latency=30) as slow:
        arguments = [
            SHORTIMIZE,
            "report",
            "weekly",
            "--base-url",
            slow.base_url,
            "--tier",
            "unlimited",
            "--log",
            "run.log",
        ]
        with subprocess.Popen(arguments, env=os.environ | environment, stderr=subprocess.PIPE, text=True) as process:
            while not (tmp_path / ".report.pdf.lock").exists():
                time.sleep(0.02)
            process.terminate()
            assert "interrupted" in process.communicate()[1]
    assert process.returncode == 130
    assert {Path(name).parts[0] for name in files_in(tmp_path)} <= {"data", "run.log"}
    assert (tmp_path / "run.log").read_text("utf-8").endswith("exit code 130\n")


@posix
@pytest.mark.parametrize("event", ["os.mkdir", "open", "fcntl.flock"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_polite_kill_at_any_step_of_locking_leaves_no_lock(tmp_path, event, nth):
    # the interpreter tells of a step just before it takes it: https://docs.python.org/3/library/audit_events.html
    code = f"""
import os, signal, sys
from pathlib import Path
from shortimize_analytics.cli.unattended import only_run, stoppable
seen = 0
def kill(event, arguments):
    global seen
    if event == {event!r}:
        seen += 1
        if seen == {nth}:
            os.kill(os.getpid(), signal.SIGTERM)
try:
    with stoppable():
        sys.addaudithook(kill)
        with only_run(Path("new") / "report.pdf"):
            open("written", "w").close()
except KeyboardInterrupt:
    sys.exit(130)
sys.exit(seen >= {nth})
"""
    code = subprocess.run([sys.executable, "-c", code], check=False).returncode
    assert code in {0, 130}
    assert set(files_in(tmp_path)) <= {"written"}


@posix
@pytest.mark.parametrize("limit", [300_000, 8_000_000], ids=["no font fits", "no big font fits"])
def test_a_full_disk_is_an_error_and_the_last_good_files_stay(demo_folder, tmp_path, limit):
    (tmp_path / "report.pdf").write_bytes(b"last week's")
    done = shortimize("report", "weekly", "--demo", "--data-dir", demo_folder, "--also", "json", limit=limit)
    assert done.returncode == 6, done.stderr
    assert "File too large" in done.stderr
    assert files_in(tmp_path) == ["report.pdf"]
    assert (tmp_path / "report.pdf").read_bytes() == b"last week's"


@posix
def test_the_log_is_appended_in_utc_stays_small_and_its_trouble_stops_nothing(demo_folder, tmp_path, capsys):
    log = tmp_path / "logs" / "run.log"
    base = ["report", "weekly", "--demo", "--quiet", "--data-dir", demo_folder]
    assert main([*base, "--log", str(log)]) == 0
    assert main([*base, "--account", "nobody", "--log", str(log)]) == 2
    lines = log.read_text("utf-8").splitlines()
    assert [line.split()[1] for line in lines].count("ERROR") == 2
    assert all(pd.Timestamp(line.split()[0]).tzname() == "UTC" for line in lines)
    assert sum("exit code 0" in line for line in lines) == 1
    assert any("wrote report.pdf" in line for line in lines)
    log.write_text("x" * (MAX_BYTES - 10), encoding="utf-8")
    assert main([*base, "--account", "nobody", "--log", str(log)]) == 2
    assert log.stat().st_size < 10_000
    assert (log.parent / "run.log.1").stat().st_size == MAX_BYTES - 10
    capsys.readouterr()
    assert main([*base, "--log", "/dev/full"]) == 0
    assert "Traceback" not in capsys.readouterr().err
