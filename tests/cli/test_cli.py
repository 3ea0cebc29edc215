"""The command line as its user meets it: a real process, its files, its words and its exit code."""

import csv
import gc
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from command_line import SHORTIMIZE, run_here, shortimize
from organisations import KEY
from reports import files_in

from shortimize_analytics.cli import main
from shortimize_analytics.errors import ReportError
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.store.export import ENDINGS, defuse, write_frame


def test_check_says_what_works(demo_folder):
    done = run_here("check", "--demo", "--data-dir", demo_folder)
    assert done.returncode == 0, done.stderr
    assert "not needed (demo)" in done.stdout
    assert "videos       " in done.stdout


def test_check_names_the_env_file_and_where_key_and_tier_were_set(simulator, tmp_path):
    (tmp_path / ".env").write_text("SHORTIMIZE_TIER=basic\n", encoding="utf-8")
    with simulator() as server:
        done = shortimize("check", "--base-url", server.base_url, SHORTIMIZE_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert f"{tmp_path / '.env'} is read; SHORTIMIZE_API_KEY from the environment" in done.stdout
    assert "SHORTIMIZE_TIER from .env" in done.stdout
    assert "basic, set to basic" in done.stdout
    assert KEY not in done.stdout
    assert f"no .env in {tmp_path.parent}" in shortimize("check", "--demo", folder=tmp_path.parent).stdout


def test_python_can_run_the_package_where_no_script_is_installed():
    command = [sys.executable, "-m", "shortimize_analytics", "--version"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout.startswith("shortimize-analytics ")


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".json", ".xlsx"])
def test_videos_go_to_a_file_with_every_row(demo_folder, tmp_path, ending):
    path = tmp_path / f"videos{ending}"
    done = run_here("videos", "--demo", "--data-dir", demo_folder, "-o", str(path))
    assert done.returncode == 0, done.stderr
    read = {
        ".parquet": pd.read_parquet,
        ".csv": pd.read_csv,
        ".json": pd.read_json,
        ".xlsx": lambda file: pd.read_excel(file, sheet_name="videos"),
    }[ending]
    organisation = demo_organisation()
    assert len(read(path)) == len(organisation.videos) - len(organisation.vanished)
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == [path.name]


@pytest.mark.parametrize(
    ("command", "columns"),
    [
        (["videos", "--account", "@Hook.Lab"], ["username", "latest_views"]),
        (["history", "--start", "2026-11-20"], ["ad_id", "date", "views"]),
        (["history", "--organisation", "--start", "2026-11-20"], ["date", "views"]),
        (["accounts"], ["username", "latest_followers_count", "tracking_type"]),
        (["quality"], ["check", "n", "of"]),
        (["outliers"], ["position", "username", "mult", "mult_lo", "title"]),
        (["growth", "--by", "platform"], ["group", "age_days", "median_value"]),
        (["growth", "--show", "metrics"], ["username", "t50", "title"]),
        (["growth", "--show", "fits", "--account", "hook.lab"], ["username", "model", "title"]),
        (["growth", "--show", "milestones", "--threshold", "1000"], ["n_videos"]),
        (["outliers", "--mode", "raw", "--per-account"], ["n_videos"]),
        (["labels", "--label", "Hooks v2"], ["label", "ratio", "verdict"]),
        (["weekly", "--table", "waterfall"], ["step", "views"]),
        (["weekly"], ["scope", "views_gained"]),
        (["weekly", "--period", "month", "--platform", "tiktok"], ["scope", "views_gained"]),
        (["weekly", "--table", "uploads", "--by", "platform"], ["n_uploads"]),
        (["labels", "--by", "duration"], ["ratio", "verdict"]),
        (["labels", "--by", "username"], ["ratio", "verdict"]),
        (["labels", "--overlap"], ["n_both"]),
        (["weekly", "--table", "movers"], ["username", "gain", "title"]),
        (["weekly", "--table", "revived"], ["username", "revival_ratio", "title"]),
        (["weekly", "--table", "forecasts"], ["username", "pred", "lo80", "hi80", "title"]),
        (["weekly", "--table", "stalled"], ["username", "expected", "title"]),
        (["forecast"], ["username", "pred", "lo80", "title"]),
        (["forecast", "--backtest"], ["mdape"]),
    ],
    ids=lambda value: " ".join(value[:3]),
)
def test_a_frame_prints_as_a_table(demo_folder, capsys, command, columns):
    code = main([*command, "--demo", "--data-dir", demo_folder])
    said = capsys.readouterr()
    assert code == 0, said.err
    head = said.out.splitlines()[0].split()
    assert all(name in head for name in columns)
    assert not {"ad_id", "ad_link"} & {*head} or command[0] == "history"
    assert ("vendor_total: from 2026-11-16 to 2026-11-22" in said.out) == (command == ["quality"])
    assert "Traceback" not in said.err


def test_a_multiple_that_is_not_computed_yet_prints_as_nothing_and_stays_in_a_file(demo_folder, tmp_path):
    fresh = ["videos", "--demo", "--data-dir", demo_folder, "--uploaded-start", "2026-11-20"]
    path = tmp_path / "fresh.parquet"
    assert run_here(*fresh, "-o", str(path)).returncode == 0
    given = pd.read_parquet(path)["outlier_multiplier"]
    printed = run_here(*fresh).stdout
    assert (given == 0).any()
    assert " 0.00 " not in printed
    assert f" {given.max():.2f} " in printed


def test_the_weekly_report_is_a_pdf_of_the_week_asked_for(demo_folder, tmp_path):
    from pypdf import PdfReader

    path = tmp_path / "out" / "report.pdf"
    done = run_here("report", "weekly", "--demo", "--data-dir", demo_folder, "--end", "2026-11-15", "-o", str(path))
    assert done.returncode == 0, done.stderr
    assert "9–15 November 2026" in PdfReader(path).pages[0].extract_text()


def test_a_week_of_which_only_interpolated_days_are_known_still_gives_a_page(demo_folder, tmp_path):
    path = tmp_path / "old.pdf"
    done = run_here("report", "weekly", "--demo", "--data-dir", demo_folder, "--end", "2026-08-16", "-o", str(path))
    assert done.returncode == 0, done.stderr
    assert path.stat().st_size > 10_000


def test_a_second_run_of_the_demo_sends_nothing(demo_folder, tmp_path):
    done = run_here("history", "--demo", "--data-dir", demo_folder, "--offline", "-o", str(tmp_path / "h.parquet"))
    assert done.returncode == 0, done.stderr


def test_a_captions_control_characters_do_not_reach_the_terminal(demo_folder):
    done = run_here("videos", "--demo", "--data-dir", demo_folder)
    assert not any(char in done.stdout for char in "\x1b\x07\u202e\u2066")


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (["videos"], {}, 2, "no API key"),
        (["videos", "--tier", "gold"], {"SHORTIMIZE_API_KEY": KEY}, 2, "--tier: 'gold' is unknown"),
        (["videos", "--demo", "--uploaded-start", "yesterday"], {}, 2, "is no day; write it as YYYY-MM-DD"),
        (["videos", "--demo", "-o", "videos.xlsm"], {}, 2, "must end in one of .parquet, .csv, .json"),
        (["videos", "--base-url", "http://127.0.0.1:9"], {"SHORTIMIZE_API_KEY": KEY}, 4, "no connection to the server"),
        (["videos", "--demo", "--offline"], {}, 4, "never loaded"),
        (["report", "weekly", "--demo", "--end", "soon"], {}, 2, "soon"),
        (["track", "--file", "nothing.txt", "--yes"], {"SHORTIMIZE_API_KEY": KEY}, 6, "nothing.txt cannot be read"),
        (["simulate", "--videos", "nothing.parquet"], {}, 2, "nothing.parquet"),
        (["simulate", "--history", "nothing.parquet"], {}, 2, "history of which videos"),
        (["history", "some-id", "--demo", "--account", "hook.lab"], {}, 2, "not both: account"),
        (["report", "weekly", "--demo", "--end", "2027-01-03"], {}, 2, "lies after today (2026-11-23)"),
        (["report", "weekly", "--demo", "-o", "report.docx"], {}, 2, "must end in one of .pdf"),
        (["videos", "--demo", "-o", ""], {}, 2, "is a folder"),
        (["archive", "verify", "--demo"], {}, 6, "holds no archive yet"),
    ],
)
def test_an_error_is_one_line_with_the_next_step_and_its_exit_code(arguments, environment, code, said):
    done = run_here(*arguments, **environment)
    assert done.returncode == code, done.stderr
    complaint = [line for line in done.stderr.splitlines() if line.startswith("shortimize: ")]
    assert len(complaint) == 1
    assert said in complaint[0]
    assert "Traceback" not in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_a_wrong_key_is_refused_with_exit_code_3(simulator):
    with simulator(api_keys={"right"}) as server:
        done = shortimize("videos", "--base-url", server.base_url, SHORTIMIZE_API_KEY=KEY)
    assert done.returncode == 3
    assert "The key is wrong or revoked" in done.stderr
    assert KEY not in done.stderr


def test_debug_shows_the_traceback_without_the_key(simulator):
    with simulator(api_keys={"right"}) as server:
        done = shortimize("videos", "--base-url", server.base_url, "--debug", SHORTIMIZE_API_KEY=KEY)
    assert "Traceback" in done.stderr
    assert KEY not in done.stderr


def test_the_key_is_no_option():
    done = shortimize("videos", "--help")
    assert "--api-key" not in done.stdout
    assert "--key" not in done.stdout


def test_the_cache_can_be_seen_and_cleared_without_a_key_and_the_archive_stays(tmp_path):
    folder = str(tmp_path / "own")
    assert run_here("history", "--demo", "--uploaded-start", "2026-11-20", "--data-dir", folder).returncode == 0
    info = run_here("cache", "info", "--data-dir", folder)
    assert "cache" in info.stdout
    assert "archive" in info.stdout
    assert run_here("cache", "clear", "--data-dir", folder).returncode == 0
    assert not list(Path(folder).rglob("http_cache.sqlite"))
    assert list(Path(folder).rglob("days-*.parquet"))


def test_simulate_serves_what_the_commands_read(tmp_path):
    with subprocess.Popen([SHORTIMIZE, "simulate", "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().split()[-1]
        path = tmp_path / "videos.parquet"
        done = shortimize("videos", "--base-url", url, "-o", str(path), SHORTIMIZE_API_KEY=KEY)
        assert done.returncode == 0, done.stderr
        assert len(pd.read_parquet(path)) > 600
        server.terminate()


def test_warnings_are_one_line_each_on_stderr(demo_folder, capsys):
    assert main(["videos", "--demo", "--data-dir", demo_folder, "--quiet"]) == 0
    said = capsys.readouterr()
    assert [line for line in said.err.splitlines() if line] == [
        line for line in said.err.splitlines() if line.startswith("warning: ")
    ]
    assert "the API gave no figures for 2 of 628 videos" in said.err


def test_text_that_a_spreadsheet_would_run_is_made_safe_in_csv_only(tmp_path):
    frame = pd.DataFrame({"title": ["=HYPERLINK(1)", "+1", "-1", "@x", "plain", None], "views": [-1, 2, 3, 4, 5, 6]})
    safe = defuse(frame)
    assert safe["title"].tolist()[:5] == ["'=HYPERLINK(1)", "'+1", "'-1", "'@x", "plain"]
    assert safe["title"].isna().tolist() == [False] * 5 + [True]
    assert safe["views"].tolist() == frame["views"].tolist()
    back = pd.read_parquet(write_frame(frame, tmp_path / "x.parquet"))
    assert back["title"].tolist()[0] == "=HYPERLINK(1)"


def test_no_cell_of_a_csv_begins_a_formula_or_another_row(tmp_path):
    """Whatever kind its column has; the names of columns come from the API, too; a bare carriage return ends a row."""
    texts = ["=1", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", "a\r=1", "a\r\n=1", 'a"\r"=1']
    frame = pd.DataFrame(
        {"=text": pd.array(texts, dtype="str"), "kind": pd.Categorical(texts), "list": [[t] for t in texts]}
    )
    path = write_frame(frame, tmp_path / "x.csv")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + len(texts)
    assert rows[0] == ["'=text", "kind", "list"]
    for text, row in zip(texts, rows[1:], strict=True):
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        assert row == [plain if text.startswith("a") else f"'{plain}"] * 3
    assert b"\r" not in path.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, ending):
    import resource

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    path = write_frame(pd.DataFrame({"a": [1]}), tmp_path / f"x{ending}")
    before = path.read_bytes()
    large = pd.DataFrame({"a": [hashlib.sha256(bytes([n, m])).hexdigest() for n in range(256) for m in range(40)]})
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, unlimited[1]))
    try:
        with pytest.raises(ReportError, match="File too large"):
            write_frame(large, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    gc.collect()  # a file left open is a warning now, and so an error
    assert path.read_bytes() == before
    assert files_in(tmp_path) == [path.name]
